//! Finds the services of this machine, and says why one is no target.

mod found;
mod look;

pub use found::{Found, State};
pub use look::{look_at, look_at_ports};
