//! Says what a target and this machine can do, before a run does.

mod api;
mod check;
mod machine;
mod service;

pub use api::examine_api;
pub use check::{Check, Level};
pub use machine::examine_machine;
pub use service::examine_service;
