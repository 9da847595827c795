//! What faults do to servers, and leave on them.

mod leaks;
mod server;
mod sleeping;
mod wording;

#[path = "../failures/mod.rs"]
mod failures;
#[path = "../servers/mod.rs"]
mod servers;
