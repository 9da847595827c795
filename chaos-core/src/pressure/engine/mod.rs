//! The engine: reads limits, starts threads and takes resources. Compiled only with the feature `inject`.

mod clock_skew;
mod commitments;
mod control_loop;
mod load;
mod notifier;
mod prepared;
mod progress;
mod rate_of_change;
mod runtime;
mod schedule;
mod start;
mod state;

#[cfg(target_os = "linux")]
mod backoff;
#[cfg(target_os = "linux")]
mod cpu;
#[cfg(target_os = "linux")]
mod descriptors;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod host;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod process_limits;
#[cfg(target_os = "linux")]
mod reserve;
#[cfg(target_os = "linux")]
mod threads;
#[cfg(target_os = "linux")]
mod worker_throughput;

pub(crate) use clock_skew::ClockSkews;
#[cfg(target_os = "linux")]
pub use process_limits::process_limits;
pub(crate) use start::PreparedPressure;
pub(in crate::pressure) use start::start_standalone;
pub(in crate::pressure) use state::PressureState;

#[cfg(not(target_os = "linux"))]
#[allow(missing_docs, reason = "documented for Linux")]
pub fn process_limits() -> Result<super::ProcessLimits, super::PressureError> {
    let why = "limits are read only on Linux".to_owned();
    let kind = super::PressureKind::Cpu;
    Err(super::PressureError::Unsupported { kind, why })
}
