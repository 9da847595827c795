//! What measures, starts threads and takes resources; builds without the feature `inject` have none of it.

mod growth;
mod held;
mod keeper;
mod progress;
mod promised;
mod runtime;
mod skew;
mod start;
mod telling;

#[cfg(target_os = "linux")]
mod cpu;
#[cfg(target_os = "linux")]
mod descriptors;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod host;
#[cfg(target_os = "linux")]
mod lately;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod reserve;
#[cfg(target_os = "linux")]
mod threads;

pub(in crate::pressure) use held::Held;
pub(crate) use skew::Skews;
pub(crate) use start::Prepared;
pub(in crate::pressure) use start::alone;
