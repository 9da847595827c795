//! The threads of the process that belong to no trial, on which a test's peers may run.

/// Registers the current thread as one of a trial until it is dropped.
#[derive(Debug)]
pub(crate) struct TrialThread(());

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashSet;
    use std::ffi::OsString;
    use std::fs;
    use std::path::Path;
    use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

    use super::TrialThread;
    use crate::trial::thread_state::is_asleep;

    static OF_TRIALS: LazyLock<Mutex<HashSet<OsString>>> = LazyLock::new(Mutex::default);

    impl TrialThread {
        pub(crate) fn register() -> Self {
            of_trials().insert(current());
            Self(())
        }
    }

    impl Drop for TrialThread {
        fn drop(&mut self) {
            of_trials().remove(&current());
        }
    }

    /// Returns whether a thread that belongs to no trial runs, or waits for a processor.
    pub(crate) fn is_any_awake() -> bool {
        let Ok(threads) = fs::read_dir("/proc/self/task") else {
            return false;
        };
        let own = of_trials().clone();
        let mut others = threads
            .flatten()
            .filter(|one| !own.contains(&one.file_name()));
        others.any(|one| !is_asleep(&Path::join(&one.path(), "stat")))
    }

    fn current() -> OsString {
        rustix::thread::gettid().as_raw_nonzero().to_string().into()
    }

    fn of_trials() -> MutexGuard<'static, HashSet<OsString>> {
        OF_TRIALS.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::is_any_awake;

#[cfg(not(target_os = "linux"))]
impl TrialThread {
    pub(crate) fn register() -> Self {
        Self(())
    }
}

/// Returns `false`, as this platform doesn't show it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_any_awake() -> bool {
    false
}
