//! Whether a thread really sleeps, or only looks as if it did because others have the processor.

use std::time::Duration;

/// One thread, as others see it.
#[derive(Debug, Clone)]
pub(crate) struct ThreadState {
    #[cfg(target_os = "linux")]
    state: std::sync::Arc<std::path::PathBuf>,
}

#[cfg(target_os = "linux")]
impl ThreadState {
    /// The thread that this is called on.
    pub(crate) fn this_thread() -> Self {
        let thread = rustix::thread::gettid().as_raw_nonzero();
        Self {
            state: std::sync::Arc::new(format!("/proc/self/task/{thread}/stat").into()),
        }
    }

    /// True while the thread waits for something that has not come.
    pub(crate) fn is_certain(&self) -> bool {
        // `42 (its name) S …`: the state follows the last parenthesis.
        std::fs::read_to_string(&*self.state).is_ok_and(|stat| {
            stat.rsplit_once(") ")
                .is_some_and(|(_, rest)| rest.starts_with('S'))
        })
    }

    /// How long it has to sleep until it is believed.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_micros(200)
    }
}

#[cfg(not(target_os = "linux"))]
impl ThreadState {
    /// The thread that this is called on.
    pub(crate) fn this_thread() -> Self {
        Self {}
    }

    /// Nobody can tell here.
    pub(crate) fn is_certain(&self) -> bool {
        true
    }

    /// How long it has to sleep until it is believed.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_millis(5)
    }
}
