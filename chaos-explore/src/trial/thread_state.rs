//! Whether a thread is asleep, as opposed to waiting for a processor.

use std::time::Duration;

/// The state of one thread, observed from others.
#[derive(Debug, Clone)]
pub(crate) struct ThreadState {
    #[cfg(target_os = "linux")]
    stat: std::sync::Arc<std::path::PathBuf>,
}

#[cfg(target_os = "linux")]
impl ThreadState {
    /// How long a thread must sleep before it counts as idle.
    pub(crate) const IDLE_THRESHOLD: Duration = Duration::from_micros(200);

    /// Returns the state of the current thread.
    pub(crate) fn of_current() -> Self {
        let thread = rustix::thread::gettid().as_raw_nonzero();
        Self {
            stat: std::sync::Arc::new(format!("/proc/self/task/{thread}/stat").into()),
        }
    }

    /// Returns whether the thread is waiting for an event.
    pub(crate) fn is_asleep(&self) -> bool {
        is_asleep(&self.stat)
    }
}

/// Reads the state of a thread.
#[cfg(target_os = "linux")]
pub(super) fn is_asleep(stat: &std::path::Path) -> bool {
    // `42 (its name) S …`: the state follows the last parenthesis.
    std::fs::read_to_string(stat).is_ok_and(|stat| {
        stat.rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with('S'))
    })
}

#[cfg(not(target_os = "linux"))]
impl ThreadState {
    /// How long a thread must sleep before it counts as idle.
    pub(crate) const IDLE_THRESHOLD: Duration = Duration::from_millis(5);

    /// Returns the state of the current thread.
    pub(crate) fn of_current() -> Self {
        Self {}
    }

    /// Returns `true`, as this platform doesn't show the state; the longer threshold makes up for that.
    pub(crate) fn is_asleep(&self) -> bool {
        true
    }
}
