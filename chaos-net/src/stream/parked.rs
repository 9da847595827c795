//! Who waits in one direction, for the other direction to wake.

use std::task::{Context, Poll, Waker};

/// The task that waits in one direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Parked(Option<Waker>);

impl Parked {
    /// Takes note of whether the task that polls goes to wait.
    pub(super) fn note<T>(&mut self, poll: &Poll<T>, cx: &Context<'_>) {
        match &mut self.0 {
            _ if poll.is_ready() => self.0 = None,
            Some(waker) => waker.clone_from(cx.waker()),
            None => self.0 = Some(cx.waker().clone()),
        }
    }

    /// Has it look again.
    pub(super) fn wake(&mut self) {
        if let Some(waker) = self.0.take() {
            waker.wake();
        }
    }
}
