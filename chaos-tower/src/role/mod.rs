//! The roles of a wrapped service: HTTP server, HTTP client, any other service.

mod any_service;
mod client;
mod contract;
mod server;

pub use any_service::AnyService;
pub use client::Client;
pub use contract::Role;
pub(crate) use contract::{HasSite, Inspection, Replacement};
pub use server::Server;
