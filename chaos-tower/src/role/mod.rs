//! The roles of a wrapped service: HTTP server, HTTP client, the wire of a client, any other service.

mod any_service;
mod client;
mod contract;
mod server;
#[cfg(all(feature = "inject", feature = "reqwest"))]
mod wire;

pub use any_service::AnyService;
pub use client::Client;
pub use contract::Role;
pub(crate) use contract::{HasSite, Inspection, Replacement};
pub use server::Server;
#[cfg(all(feature = "inject", feature = "reqwest"))]
pub(crate) use wire::{RecentRequests, Struck, Wire};
