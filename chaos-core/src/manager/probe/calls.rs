//! The calls of a probe that are in progress.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::running::Running;

/// The calls of a probe that are in progress, each with its experiment.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Shared>);

#[derive(Default)]
struct Shared {
    in_progress: Mutex<InProgress>,
    returned: Condvar,
}

#[derive(Default)]
struct InProgress {
    begun: u64,
    calls: BTreeMap<u64, Weak<Running>>,
}

/// A call in progress until this is dropped.
pub(super) struct Call<'a> {
    calls: &'a Calls,
    number: u64,
}

impl Calls {
    #[must_use]
    pub(super) fn begin(&self, running: &Weak<Running>) -> Call<'_> {
        let mut in_progress = self.lock();
        in_progress.begun += 1;
        let number = in_progress.begun;
        in_progress.calls.insert(number, Weak::clone(running));
        Call {
            calls: self,
            number,
        }
    }

    /// Waits for the calls of experiments that have ended; returns false if that takes too long.
    pub(super) fn wait_for_ended(&self, at_most: Duration) -> bool {
        let returned = &self.0.returned;
        let waited = returned.wait_timeout_while(self.lock(), at_most, |one| one.has_ended());
        let (in_progress, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !in_progress.has_ended()
    }

    fn lock(&self) -> MutexGuard<'_, InProgress> {
        let in_progress = self.0.in_progress.lock();
        in_progress.unwrap_or_else(PoisonError::into_inner)
    }
}

impl InProgress {
    /// Whether the experiment of a call has ended.
    fn has_ended(&self) -> bool {
        let mut experiments = self.calls.values().map(Weak::upgrade);
        experiments.any(|running| running.is_none_or(|running| !running.is_open()))
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.calls.lock().calls.remove(&self.number);
        self.calls.0.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BlastRadius, ChaosManager, EndReason, Fault};

    #[test]
    fn only_calls_of_ended_experiments_are_waited_for() {
        let chaos = ChaosManager::new();
        let guard = chaos.inject(BlastRadius::points_at("pms"), Fault::Panic);
        let guard = guard.unwrap();
        let calls = Calls::default();
        let call = calls.begin(&Arc::downgrade(guard.running()));
        assert!(calls.wait_for_ended(Duration::ZERO), "it is running");
        guard.running().stop(EndReason::TimeLimit);
        assert!(!calls.wait_for_ended(Duration::ZERO));
        std::thread::scope(|threads| {
            let waiting = threads.spawn(|| calls.wait_for_ended(Duration::MAX / 4));
            drop(call);
            assert!(waiting.join().unwrap());
        });
    }
}
