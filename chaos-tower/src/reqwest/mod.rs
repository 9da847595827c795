//! Fault injection for reqwest's client: on its connections, as a tower service, or as a middleware.
//!
//! For code that calls `client.get(url).send()` there is [`client`]: it builds an ordinary client whose connections can
//! fail. [`BlastRadius::streams_to`](crate::BlastRadius::streams_to) selects those connections. To use a client as a
//! tower service, wrap it in [`ChaosLayer::client`](crate::ChaosLayer::client), whose requests
//! [`BlastRadius::calls_to`](crate::BlastRadius::calls_to) selects, with their methods and paths.

mod client;
mod client_settings;
mod connect_request_factory;
mod connector;
mod destination;
mod loopback_relay;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod read_ahead;
mod request;
mod resolver;
mod response;
mod tokio_socket;

pub use client::{client, client_with_resolver};
#[cfg(feature = "reqwest-middleware")]
pub use middleware::ChaosMiddleware;
