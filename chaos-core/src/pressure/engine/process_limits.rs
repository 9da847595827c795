//! Reads the limits on this process.

use super::limits::{Bound, CpuLimits, MemoryLimits, UnreadableLimit, descriptor_bound, root};
use crate::pressure::{PressureError, PressureKind, ProcessLimits};

/// Reads the limits on this process as they are now.
///
/// # Errors
///
/// When one can't be read, and always on other systems than Linux and without the feature `inject`.
pub fn process_limits() -> Result<ProcessLimits, PressureError> {
    let of = |kind| move |error: UnreadableLimit| error.into_error(kind);
    let left = |bound: &Bound| bound.limit.saturating_sub(bound.used);
    let cores = CpuLimits::open(root()).map_err(of(PressureKind::Cpu))?;
    let cores = cores.read();
    let memory = MemoryLimits::open(root()).and_then(|limits| limits.read(0));
    let memory = memory.map_err(of(PressureKind::Memory))?;
    let memory = memory.into_iter().min_by_key(left);
    let memory = memory.expect("the memory of the machine is a limit");
    let descriptors = descriptor_bound().map_err(of(PressureKind::Descriptors))?;
    Ok(ProcessLimits {
        cores: cores.number,
        cores_set_by: cores.limit,
        memory_left: left(&memory),
        memory_set_by: memory.name,
        descriptors_left: descriptors.as_ref().map(left),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_can_still_be_taken() {
        let before = process_limits().unwrap();
        assert!(before.cores > 0.0 && before.memory_left > 0, "{before:?}");
        assert!(!before.cores_set_by.is_empty() && !before.memory_set_by.is_empty());
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        assert!(before.descriptors_left < limit, "{before:?}");
    }
}
