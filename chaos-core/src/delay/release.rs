//! Releases, each of which ends all delays of an experiment at once.

use super::timer;
use crate::waiters::Waiters;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends every delay created with it, at once and for good; each running experiment has one.
#[derive(Debug, Default)]
pub(crate) struct Release {
    fired: AtomicBool,
    /// Wakes the delays on the runtime's timer, see [`Release::fired`].
    in_runtime: Waiters,
}

impl Release {
    /// Creates a release that has not fired.
    pub(crate) fn new() -> Release {
        Release::default()
    }

    /// Ends every delay that waits for this release, and every later one before it waits.
    ///
    /// Returns immediately and runs no foreign code, as the timer thread wakes the tasks; those on the runtime's timer
    /// are left to [`wake_in_runtime`](Self::wake_in_runtime).
    pub(crate) fn fire(&self) {
        if self.mark() {
            timer::sweep();
        }
    }

    /// Wakes the delays on the runtime's timer once it has fired, on this thread.
    ///
    /// An idle runtime with a paused clock would otherwise jump to the end of a delay that is already released.
    pub(crate) fn wake_in_runtime(&self) {
        self.in_runtime.notify_waiters();
    }

    /// Fires, then wakes the delays on the runtime's timer.
    #[cfg(test)]
    pub(super) fn release(&self) {
        self.fire();
        self.wake_in_runtime();
    }

    /// Fires without waking the delays; returns whether this was the first time.
    pub(super) fn mark(&self) -> bool {
        !self.fired.swap(true, Ordering::AcqRel)
    }

    /// Whether [`Release::fire`] was called.
    pub(crate) fn is_released(&self) -> bool {
        self.fired.load(Ordering::Acquire)
    }

    /// Completes when the release fires; the firing thread wakes it.
    pub(super) async fn fired(&self) {
        // Created before the check of the flag: it receives a release in between even if it was never polled.
        let notified = self.in_runtime.notified();
        if !self.is_released() {
            notified.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Waker};

    #[test]
    fn a_release_fires_once_and_for_good() {
        let release = Release::new();
        assert!(!release.is_released());
        release.release();
        assert!(release.is_released());
        assert!(!release.mark());
        assert!(release.is_released());
    }

    #[test]
    fn fired_waits_only_until_the_release() {
        let release = Release::new();
        let mut context = Context::from_waker(Waker::noop());
        let mut before = pin!(release.fired());
        assert!(before.as_mut().poll(&mut context).is_pending());
        release.release();
        assert!(before.as_mut().poll(&mut context).is_ready());
        assert!(pin!(release.fired()).poll(&mut context).is_ready());
    }
}
