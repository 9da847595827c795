//! Waiting for changes of an experiment.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::Poll;

use super::Running;
use crate::delay;

impl Running {
    /// Returns once the experiment has ended and nothing of it is left.
    pub(crate) async fn settled(&self) {
        loop {
            // Created before the check, so that a change in between is not missed.
            let changed = self.changed();
            if !self.is_open() && self.is_settled() {
                return;
            }
            changed.await;
        }
    }

    /// Wakes all waiters after the last operation left an ended experiment, or its cleanup is done.
    pub(crate) fn notify_settled(&self) {
        self.changed.notify_waiters();
        self.supervisor.notify_settled();
    }

    /// Wakes all waiters after an injection.
    pub(crate) fn notify_injected(&self) {
        self.changed.notify_waiters();
    }

    /// Remembers that an adapter holds what the experiment asks for, and wakes all waiters.
    pub(crate) fn note_held(&self) {
        self.holds.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Whether an adapter has ever held what the experiment asks for.
    pub(crate) fn has_held(&self) -> bool {
        self.holds.load(Ordering::Acquire)
    }

    /// Returns once the experiment has ended.
    pub(crate) async fn ended(&self) {
        loop {
            // Created before the check, so that an end in between is not missed.
            let changed = self.changed();
            if !self.is_open() {
                return;
            }
            changed.await;
        }
    }

    /// Waits for the next injection, the end, or the last operation to leave.
    fn changed(&self) -> impl Future<Output = ()> + Send + Sync + '_ {
        self.changed.notified()
    }

    /// As `changed`, and also ends the experiment at its time limit on a paused clock.
    ///
    /// The guardian watches real time only, and there may be no operation that notices the limit.
    pub(crate) fn changed_or_overdue(&self) -> impl Future<Output = ()> + Send + '_ {
        // Created now, so that a change before the first poll is not missed.
        let mut changed = Box::pin(self.changed());
        // A limit beyond the clock would be the longest delay, to which an idle runtime jumps.
        let is_virtual = self.expires.instant().is_some() && delay::is_clock_paused();
        let mut limit = is_virtual.then(|| delay(self.time_left(delay::now())));
        poll_fn(move |context| {
            let limit = limit.as_mut().map(|limit| Pin::new(limit).poll(context));
            if limit.is_some_and(|limit| limit.is_ready()) {
                self.finish_if_overdue();
                return Poll::Ready(());
            }
            changed.as_mut().poll(context)
        })
    }
}
