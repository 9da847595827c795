//! The hop in each connection: an HTTP server for the caller, a client of the service, and the faults in between.

mod connector;
mod forward;
mod loopback;
mod server;
mod upstream;

pub(super) use connector::HopLayer;
