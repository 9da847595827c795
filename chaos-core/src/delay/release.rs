//! What ends all delays of one experiment at once.

use super::timer;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// Ends every delay that was made with it, now and from now on; each running experiment has one.
#[derive(Debug, Default)]
pub(crate) struct Release {
    fired: AtomicBool,
    /// Wakes the delays that the runtime times, see [`Release::fired`].
    in_runtime: Notify,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Marked {
    First,
    Again,
}

impl Release {
    /// A release that has not fired.
    pub(crate) fn new() -> Release {
        Release::default()
    }

    /// Lets go of every delay that waits for this release, and of every later one before it waits.
    ///
    /// Returns at once: the timer thread does the waking. Only delays that the runtime times are woken from here, or a
    /// paused runtime, idle for a moment longer, would jump over the very time that they no longer have to wait.
    pub(crate) fn release(&self) {
        if self.mark() == Marked::First {
            self.in_runtime.notify_waiters();
            timer::sweep();
        }
    }

    /// Fires without waking anybody.
    pub(super) fn mark(&self) -> Marked {
        if self.fired.swap(true, Ordering::AcqRel) {
            Marked::Again
        } else {
            Marked::First
        }
    }

    /// Whether [`Release::release`] was called.
    pub(crate) fn is_released(&self) -> bool {
        self.fired.load(Ordering::Acquire)
    }

    /// Completes when it fires, woken by whoever fires it.
    pub(super) async fn fired(&self) {
        // Made before the look at the flag: a release in between reaches it without a poll.
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
    fn it_fires_once_and_for_good() {
        let release = Release::new();
        assert!(!release.is_released());
        release.release();
        assert!(release.is_released());
        assert_eq!(release.mark(), Marked::Again);
        assert!(release.is_released());
    }

    #[test]
    fn fired_waits_for_the_release_and_not_after_it() {
        let release = Release::new();
        let mut context = Context::from_waker(Waker::noop());
        let mut before = pin!(release.fired());
        assert!(before.as_mut().poll(&mut context).is_pending());
        release.release();
        assert!(before.as_mut().poll(&mut context).is_ready());
        assert!(pin!(release.fired()).poll(&mut context).is_ready());
    }
}
