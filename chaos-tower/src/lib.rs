//! Fault injection for tower services: HTTP servers, HTTP clients, and any other service.
//!
//! Add one layer to a server, and one to each client. While no experiment affects a service, the check for faults costs
//! one relaxed atomic load and a branch per call. Without the feature `inject`, the layer costs nothing.
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
//! An operation's name is the method and the path; with axum, it is the method and the route, if one matched. A blast
//! radius can also select requests by the attributes `method`, `path` and `route`, and by any header, as in
//! `attribute("x-canary", "1")`. With a [`ChaosListener`], faults can also reset the server's connections.
//!
//! # A client
//!
//! [`reqwest::client`] builds an ordinary reqwest client. Faults are injected per request, and injected delays count
//! against the client's own timeouts. The documentation of `reqwest::client` has a complete example.
//!
//! ```
//! # use chaos_tower::ChaosManager;
//! # let chaos = ChaosManager::new();
//! let http = chaos_tower::reqwest::client(&chaos, "payments", reqwest::Client::builder())?;
//! # Ok::<(), reqwest::Error>(())
//! ```
//!
//! [`ChaosLayer::client`] wraps a client that is a tower service, such as hyper-util's client, a tonic `Channel` or a
//! reqwest client:
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
//! assert!(error.is_connect()); // reqwest's own error, as for a call that was refused
//! # Ok(())
//! # }
//! ```
//!
//! Put retries and timeouts outside the layer: each attempt can then receive its own fault, and injected delays count
//! against the timeout. The layer costs less than `reqwest::client`. Unlike `reqwest::client`, it also sees the
//! caller's [`Scope`] and tags, and can fail a single request with [`Failure::Refused`]. If it wraps a bare reqwest
//! client, injected delays count against that client's timeouts too. [`reqwest::ChaosMiddleware`] is the same layer for
//! reqwest-middleware, except that the client's timeouts start only after any injected latency.
//!
//! # Any other service
//!
//! [`ChaosLayer::service`] wraps any other service: `ChaosLayer::service(&chaos, "cache", |fault|
//! MyError::from(fault))`. The last argument converts a fault to the service's own error.
//!
//! # Blast radii
//!
//! | adapter | blast radius |
//! |---|---|
//! | [`ChaosLayer::server`] | `requests_to` |
//! | [`ChaosLayer::client`], [`reqwest::ChaosMiddleware`], [`ChaosLayer::service`] | `calls_to` |
//! | [`reqwest::client`] | `calls_to` for its requests, `streams_to` for its connections |
//! | [`ChaosConnector`], and the streams and relays of `chaos-net` | `streams_to` |
//!
//! [`ChaosManager::inject`] injects a fault before the call. An [`Experiment`] can choose another phase, either to drop
//! the reply after the call has been made or to affect the bytes of a response:
//!
//! ```
//! use chaos_tower::{BlastRadius, Disconnect, Experiment, Fault, Phase};
//!
//! let lost = Experiment::new("the reply is lost")
//!     .fault(Fault::reset())
//!     .blast_radius(BlastRadius::calls_to("payments"))
//!     .phase(Phase::After);
//! let cut_off = Experiment::new("the response is cut off")
//!     .fault(Fault::disconnect(Disconnect::ResetAfter(1000)))
//!     .blast_radius(BlastRadius::calls_to("payments"))
//!     .phase(Phase::During);
//! ```
//!
//! # Graceful shutdown
//!
//! Halt first, then drain: [`ChaosManager::halt`] releases held requests, so they do not delay the shutdown.
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
//! Use `start_paused = true` only for services that a test calls directly, without a socket, as the first example calls
//! its router. Bytes on a socket arrive in real time, and while a test waits for them, paused time jumps to the next
//! timeout, which then fires. For code with sockets or databases, use either real time with short faults or the crate
//! `chaos-explore`, which has its own clock.
//!
//! # Explorations
//!
//! The crate `chaos-explore` tries every fault at every operation of a test. This crate has all names that its settings
//! need:
//!
//! ```
//! use chaos_explore::{Exploration, FaultCase, Faults, explore};
//! use chaos_tower::{ChaosManager, Failure, Fault, Phase, SiteKind};
//!
//! async fn world(chaos: ChaosManager) -> reqwest::Client {
//!     chaos_tower::reqwest::client(&chaos, "payments", reqwest::Client::builder()).unwrap()
//! }
//!
//! fn exploration() -> Exploration {
//!     let rejected = Fault::error(Failure::status(402).unwrap());
//!     let faults = Faults::standard()
//!         .and(SiteKind::Client, FaultCase::once(rejected, Phase::Before))
//!         .without(SiteKind::Server);
//!     explore(world)
//!         .act(async |client| client.get("http://127.0.0.1:1/").send().await.is_ok())
//!         .verify(async |_, _| ())
//!         .faults(faults)
//! }
//! # let _ = exploration();
//! ```
//!
//! A [`ChaosLayer::server`] is itself a place where faults are tried. In the standard ones, the connection breaks before
//! the reply, so the test's own customer must tolerate that: an `unwrap` of its response would be the finding. Leave
//! these faults out with `Faults::without(SiteKind::Server)`.
//!
//! An exploration knows whether the service absorbed a fault if the faulty call belongs to a request. That takes a
//! `ChaosLayer::server` around the service, and [`ChaosLayer::client`] around its client: calls of [`reqwest::client`]
//! don't know the request of their caller.
//!
//! # Features
//!
//! | feature | effect |
//! |---|---|
//! | `inject` | compiles injection in for all chaos crates, by enabling `chaos-core/inject`, which alone is not enough for `reqwest::client` |
//! | `axum` | supports the body and the routes of axum 0.8, not of older versions; provides [`ChaosListener`] |
//! | `tonic` | supports the body of tonic 0.14 |
//! | `hyper` | supports the body of hyper 1; provides [`ChaosConnector`] for hyper-util's client |
//! | `reqwest` | supports the client of reqwest 0.13 as a service; provides [`reqwest::client`] |
//! | `reqwest-middleware` | provides [`reqwest::ChaosMiddleware`] |
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
//! | `Reset`, `Closed` | the response is cut off; 500 for `HEAD` |
//! | any other | 500 |
//!
//! The body is `application/problem+json`. gRPC errors are sent in trailers. Responses with status 429 or 503 have a
//! `Retry-After` header. For a rate limit or an open circuit, it is the time until calls are let through again; for
//! other failures, it is one second. A client layer returns the same responses, except that `Refused`, `Reset`,
//! `Closed` and (in clients with timeouts) `TimedOut` become the client's own errors.
//!
//! A client can't distinguish injected failures from real ones, except those marked `≈` in the table below, which
//! differ slightly. A test produces each failure in that table twice, once for real and once by injection. It compares
//! everything that a client can observe: the error's predicates, the kinds of the I/O errors in its source chain, the
//! HTTP/2 reason codes, the status, and whether the call failed before the response, in its body, or not at all.
//!
//! `=` means that a client cannot distinguish the injected failure from the real one, `≈` that it can, and `–` that
//! there is no such failure. Faults on a body have phase `During`. The `server` and `client` columns show
//! [`ChaosLayer::server`] and [`ChaosLayer::client`]; in the `server` columns, HTTP/1 connections are accepted through
//! a `ChaosListener`. [`reqwest::ChaosMiddleware`] behaves like the layer around reqwest's client, except that injected
//! latency does not count against the client's own timeouts. The `ChaosRelay` column shows the relay of `chaos-net` in
//! front of a plain server. In HTTP/2 a reset applies to the stream, as it does when a real handler fails.
//!
#![doc = include_str!("what_the_caller_sees.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod affected_call;
#[cfg(feature = "axum")]
mod axum_listener;
mod body;
mod box_error;
mod cold_box;
#[cfg(any(feature = "hyper", all(feature = "inject", feature = "reqwest")))]
mod connect;
mod error_response;
mod experiment_header;
mod failing_address;
mod grpc;
mod http_request;
mod http_response;
#[cfg(feature = "hyper")]
mod hyper_connector;
mod layer;
mod readiness;
#[cfg(feature = "reqwest")]
pub mod reqwest;
mod role;
mod second_layer;
mod service;
mod tag_headers;

#[cfg(feature = "axum")]
pub use axum_listener::{ChaosListener, Connection};
pub use body::{ChaosBody, FaultyBody, InjectableBody};
pub use chaos_core::scope::KeyId;
pub use chaos_core::{
    Bandwidth, BlastRadius, COMPILED_IN, ChaosManager, ChaosManagerBuilder, CircuitBreak,
    Condition, Consent, Corrupt, Disconnect, EndReason, Environment, Error, Experiment,
    ExperimentFile, ExperimentGuard, ExperimentGuards, Failure, Fault, InjectedFault, Latency,
    Loss, Pattern, Phase, Rate, RateLimit, Scope, Site, SiteKind, Slice, Tag, TagKeys, TagTrust,
};
pub use chaos_net::{ChaosStream, ConnectionHandle, Socket};
pub use http_request::{HttpRequest, OutgoingRequest};
pub use http_response::HttpResponse;
#[cfg(feature = "hyper")]
pub use hyper_connector::{ChaosConnection, ChaosConnector};
pub use layer::ChaosLayer;
pub use role::{AnyService, Client, Role, Server};
pub use service::{ChaosService, ResponseFuture};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
