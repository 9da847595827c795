//! The calls of a probe that are in progress.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::delay::Due;

/// The calls of a probe that are in progress, each with its deadline.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Mutex<InProgress>>);

#[derive(Default)]
struct InProgress {
    begun: u64,
    due: BTreeMap<u64, Due>,
}

/// A call in progress until this is dropped.
pub(super) struct Call<'a> {
    calls: &'a Calls,
    number: u64,
}

impl Calls {
    #[must_use]
    pub(super) fn begin(&self, now: Instant, deadline: Duration) -> Call<'_> {
        let mut calls = self.lock();
        calls.begun += 1;
        let number = calls.begun;
        calls.due.insert(number, Due::after(now, deadline));
        Call {
            calls: self,
            number,
        }
    }

    pub(super) fn any_overdue(&self, now: Instant) -> bool {
        self.lock().due.values().any(|due| due.has_come(now))
    }

    fn lock(&self) -> MutexGuard<'_, InProgress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.calls.lock().due.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_overdue_from_its_deadline_until_it_returns() {
        let calls = Calls::default();
        let (now, deadline) = (Instant::now(), Duration::from_secs(1));
        let first = calls.begin(now, deadline);
        let patient = calls.begin(now, Duration::MAX);
        assert!(!calls.any_overdue(now));
        assert!(calls.any_overdue(now + deadline));
        drop(first);
        assert!(!calls.any_overdue(now + 3600 * deadline));
        drop(patient);
    }
}
