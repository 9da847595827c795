//! The load: requests sent on schedule, however slow the replies are.
//!
//! A latency counts from the instant at which the request was due, so a target that stalls makes requests late instead of
//! few.

mod exchange;
mod expected;
mod pace;
mod plan;
mod sample;
mod send;

pub(crate) use exchange::{REQUEST_ID, Server, exchange};
pub use expected::{Expected, StatusPattern};
pub use plan::{InvalidLoad, LoadPlan, RequestTemplate};
pub use sample::{Answer, Sample};
pub(crate) use send::MOST_OPEN;
pub use send::{Load, StartLoadError};
