//! Fault injection for reqwest's client: as an ordinary client, as a tower service, or as a middleware.
//!
//! For code that calls `client.get(url).send()` there is [`client`]: it builds an ordinary client whose requests and
//! connections can fail. To use a client as a tower service, wrap it in
//! [`ChaosLayer::client`](crate::ChaosLayer::client). In both, blast radii select requests by
//! [`BlastRadius::calls_to`](crate::BlastRadius::calls_to), with their methods and paths.

mod client;
#[cfg(all(feature = "inject", feature = "reqwest"))]
mod hop;
#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod read_ahead;
mod request;
mod response;

pub use client::client;
#[cfg(feature = "reqwest-middleware")]
pub use middleware::ChaosMiddleware;
