//! Fault injection for tower services: HTTP servers, HTTP clients, and any other.
//!
//! One layer goes on a server and one on each client. While no experiment concerns it, a call costs one relaxed load
//! and a branch more than without it; built without the feature `inject`, nothing at all.
//!
//! # A server
//!
//! ```
//! use axum::body::Body;
//! use axum::http::{Request, StatusCode};
//! use axum::{Router, routing::get};
//! use chaos_tower::{BlastRadius, ChaosLayer, ChaosManager, Failure, Fault};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::new();
//! let app: Router = Router::new()
//!     .route("/orders/{id}", get(async || "an order"))
//!     .layer(ChaosLayer::server(&chaos, "orders"));
//! let get = async || -> Result<StatusCode, Box<dyn std::error::Error>> {
//!     let request = Request::get("/orders/7").body(Body::empty())?;
//!     Ok(app.clone().oneshot(request).await?.status())
//! };
//! assert_eq!(get().await?, StatusCode::OK);
//!
//! let orders = BlastRadius::requests_to("orders").operation("GET /orders/{id}");
//! let down = chaos.inject(orders, Fault::error(Failure::Unavailable))?;
//! assert_eq!(get().await?, StatusCode::SERVICE_UNAVAILABLE);
//! assert_eq!(down.injected(), 1); // a fault that never fired proves nothing
//! drop(down);
//! assert_eq!(get().await?, StatusCode::OK);
//! # Ok(())
//! # }
//! ```
//!
//! An operation is called after its method and, with axum, its route, else its path; blast radii can select by the
//! attributes `method`, `path` and `route`, too. Served through a [`ChaosListener`], a server can also reset its
//! connections.
//!
//! # A client
//!
//! ```
//! use chaos_tower::{BlastRadius, ChaosLayer, ChaosManager, Failure, Fault};
//! use tower::{Layer, Service, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::new();
//! let mut http = ChaosLayer::client(&chaos, "payments").layer(reqwest::Client::builder().no_proxy().build()?);
//!
//! let _down = chaos.inject(BlastRadius::calls_to("payments"), Fault::error(Failure::Refused))?;
//! let request = reqwest::Request::new(reqwest::Method::GET, "http://payments.test/charge".parse()?);
//! let error = http.ready().await?.call(request).await.unwrap_err();
//! assert!(error.is_connect()); // reqwest's own error, of a call that was really refused
//! # Ok(())
//! # }
//! ```
//!
//! The same layer goes around the client of hyper-util or a channel of tonic. What tries again and what times out
//! belongs outside of the layer: then each attempt is decided on by itself.
//!
//! For those who write `client.get(url).send()` there are [`reqwest::ChaosMiddleware`], which decides on each request as
//! the layer does, and [`reqwest::client`], whose connections are ours. That one knows connections and bytes, but no
//! requests:
//!
//! ```
//! use chaos_tower::{BlastRadius, ChaosManager, Failure, Fault};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let chaos = ChaosManager::new();
//! let http = chaos_tower::reqwest::client(&chaos, "payments", reqwest::Client::builder().no_proxy())?;
//!
//! let _down = chaos.inject(BlastRadius::streams_to("payments"), Fault::error(Failure::Refused))?;
//! let error = http.get("http://payments.test/charge").send().await.unwrap_err();
//! assert!(error.is_connect());
//! # Ok(())
//! # }
//! ```
//!
//! # Any other service
//!
//! `ChaosLayer::service(&chaos, "cache", |fault| MyError::from(fault))` goes around it; the last argument makes its own
//! error of a fault: see [`ChaosLayer::service`].
//!
//! # Which blast radius reaches what
//!
//! | what | blast radius |
//! |---|---|
//! | [`ChaosLayer::server`] | `requests_to` |
//! | [`ChaosLayer::client`], [`reqwest::ChaosMiddleware`], [`ChaosLayer::service`] | `calls_to` |
//! | [`reqwest::client`], [`ChaosConnector`], and the streams and relays of `chaos-net` | `streams_to` |
//!
//! [`ChaosManager::inject`] strikes before the call. The long form says when else: to have the call made and its reply lost,
//! or to strike the bytes of a response,
//!
//! ```
//! use chaos_tower::{BlastRadius, Disconnect, Experiment, Fault, Phase};
//!
//! let lost = Experiment::new("the reply is lost")
//!     .fault(Fault::reset())
//!     .blast_radius(BlastRadius::calls_to("payments"))
//!     .phase(Phase::After);
//! let breaks_off = Experiment::new("the response breaks off")
//!     .fault(Fault::disconnect(Disconnect::ResetAfter(1000)))
//!     .blast_radius(BlastRadius::calls_to("payments"))
//!     .phase(Phase::During);
//! ```
//!
//! # Graceful shutdown
//!
//! Halt first, then drain: a request that is held is let go by [`ChaosManager::halt`], so it does not hold up the end.
//!
//! ```no_run
//! # use axum::Router;
//! # use chaos_tower::ChaosManager;
//! # async fn serve(app: Router, chaos: ChaosManager, listener: tokio::net::TcpListener) -> std::io::Result<()> {
//! # #[cfg(unix)] {
//! use tokio::signal::unix::{SignalKind, signal};
//!
//! let mut terminate = signal(SignalKind::terminate())?;
//! axum::serve(listener, app)
//!     .with_graceful_shutdown(async move {
//!         terminate.recv().await;
//!         chaos.halt();
//!     })
//!     .await?;
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! # Paused time
//!
//! `start_paused = true` is for services that are called without a socket, as in the first example. What comes through
//! a socket comes in real time, and while it is waited for, paused time jumps to the next limit, which is over then.
//! For servers, clients and databases use `explore`, which keeps a clock of its own, or real time with short faults.
//!
//! # Features
//!
//! | feature | what |
//! |---|---|
//! | `inject` | compiles injection in: turns on `chaos-core/inject`, which alone is enough for all crates |
//! | `explore` | `explore`, and the core's names that go with it: turns on `chaos-core/explore`; for tests only |
//! | `axum` | axum's body and routes, and [`ChaosListener`] |
//! | `tonic` | tonic's body |
//! | `hyper` | hyper's body, and [`ChaosConnector`] for hyper-util's client |
//! | `reqwest` | reqwest's client as a service, and [`reqwest::client`] |
//! | `reqwest-middleware` | [`reqwest::ChaosMiddleware`] |
//!
//! # What the caller sees
//!
//! | failure | status |
//! |---|---|
//! | `Overloaded` | 429 |
//! | `Unavailable`, `CircuitOpen`, `Refused`, `TooManyConnections` | 503 |
//! | `TimedOut` | 504 |
//! | `NotFound`, `PermissionDenied` | 404, 403 |
//! | `Status(n)` | n |
//! | any other but `Reset` and `Closed`, which break the response off (500 for `HEAD`) | 500 |
//!
//! The body is `application/problem+json`; gRPC is told by its trailers. With 429 and 503 goes `retry-after`: what a
//! rate limit or an open circuit says, or a second. A layer of a client gives the same answers, but fails as its client
//! does with `Refused`, `Reset`, `Closed` and, where that client has time limits, `TimedOut`.
//!
//! Whatever is no answer fails as the real thing: a test produces each failure of the table below really and by
//! injection, and compares what a plain client can ask its errors for (their predicates, the kinds of I/O errors in
//! their chain, HTTP/2's reasons), the status, and how far it came. `=` is where it can't tell them apart, `≈` where it
//! can, `–` where there is no such failure. What happens to a body is of phase `During`. `server` and `client` are those
//! of [`ChaosLayer`] ([`reqwest::ChaosMiddleware`] is as the layer around reqwest's client), the server's
//! connections being those of a `ChaosListener`, or HTTP/2's; `ChaosRelay` is that of `chaos-net`, in front of a plain
//! server. In HTTP/2 a reset is that of the stream, which is what a server that fails does to it.
//!
#![doc = include_str!("what_the_caller_sees.md")]

mod answer;
mod body;
mod concerned;
#[cfg(any(feature = "hyper", feature = "reqwest"))]
mod connecting;
#[cfg(feature = "hyper")]
mod connector;
mod dead_end;
mod future;
mod grpc;
mod headers;
mod http_request;
mod http_response;
mod layer;
#[cfg(feature = "axum")]
mod listener;
#[cfg(feature = "reqwest")]
pub mod reqwest;
mod role;
mod service;
mod tags;

pub use body::{ChaosBody, TreatableBody, TreatedBody};
pub use chaos_core::adapter::Armed;
pub use chaos_core::scope::KeyId;
pub use chaos_core::{
    Bandwidth, BlastRadius, ChaosManager, CircuitBreak, Condition, Corrupt, Disconnect, Error,
    Experiment, ExperimentFile, ExperimentGuard, Failure, Fault, InjectedFault, Latency, Pattern,
    Phase, Rate, RateLimit, Scope, Tag, TagKeys, TagTrust,
};
#[cfg(feature = "hyper")]
pub use connector::{ChaosConnection, ChaosConnector};
pub use future::ResponseFuture;
pub use http_request::{HttpRequest, OutgoingRequest};
pub use http_response::HttpResponse;
pub use layer::ChaosLayer;
#[cfg(feature = "axum")]
pub use listener::{ChaosListener, Connection};
pub use role::{AnyService, Client, Role, Server};
pub use service::ChaosService;

/// Any error, boxed.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
