//! reqwest's client: with connections of ours, as a service, or behind a middleware.
//!
//! For those who write `client.get(url).send()` there is [`client`]: an ordinary client whose connections are under
//! faults, selected by [`BlastRadius::streams_to`](crate::BlastRadius::streams_to). As a tower service a client goes
//! into [`ChaosLayer::client`](crate::ChaosLayer::client), where its requests are selected by
//! [`BlastRadius::calls_to`](crate::BlastRadius::calls_to), with their methods and paths.

mod ahead;
mod client;
mod connector;
mod destination;
mod forger;
mod hop;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod names;
mod plain;
mod request;
mod response;
mod settings;

pub use client::{client, client_with_resolver};
#[cfg(feature = "reqwest-middleware")]
pub use middleware::ChaosMiddleware;
