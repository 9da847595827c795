//! Fault injection for tower HTTP services.
//!
//! Add one layer to a server. While no experiment concerns it, a request costs one relaxed load more than without
//! it; built without the feature `inject`, nothing at all.
//!
//! ```
//! use chaos_tower::{BlastRadius, ChaosLayer, ChaosManager, Failure, Fault};
//! use http::{Request, Response, StatusCode};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::new();
//! let orders = ChaosLayer::server(&chaos, "orders").layer(service_fn(async |_: Request<String>| {
//!     Ok::<_, std::convert::Infallible>(Response::new("three orders".to_owned()))
//! }));
//! let request = || Request::get("/orders").body(String::new());
//! assert_eq!(orders.clone().oneshot(request()?).await?.status(), StatusCode::OK);
//!
//! let down = chaos.inject(BlastRadius::requests_to("orders"), Fault::error(Failure::Unavailable))?;
//! assert_eq!(orders.clone().oneshot(request()?).await?.status(), StatusCode::SERVICE_UNAVAILABLE);
//! assert_eq!(down.injected(), 1);
//!
//! drop(down);
//! assert_eq!(orders.oneshot(request()?).await?.status(), StatusCode::OK);
//! # Ok(())
//! # }
//! ```
//!
//! # What the caller sees
//!
//! | failure | status |
//! |---|---|
//! | `Overloaded` | 429, with `retry-after` when a rate limit says how long |
//! | `Unavailable`, `CircuitOpen`, `Refused`, `TooManyConnections` | 503 |
//! | `TimedOut` | 504 |
//! | `NotFound`, `PermissionDenied` | 404, 403 |
//! | `Status(n)` | n |
//! | any other | 500 |
//!
//! The body is `application/problem+json`. Resets and faults of the body are not there yet: an experiment that asks
//! for them is refused at its start.

mod answer;
mod future;
mod headers;
mod layer;
mod service;

pub use chaos_core::{
    BlastRadius, ChaosManager, Error, Experiment, ExperimentGuard, Failure, Fault, Latency,
    Pattern, Phase, Rate, Scope,
};
pub use future::ResponseFuture;
pub use layer::ChaosLayer;
pub use service::ChaosService;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
