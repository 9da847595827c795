//! The task that waits in one direction, which the end of the other direction wakes.

use std::task::{Context, Poll, Waker};

/// The task that waits in one direction of a connection.
#[derive(Debug, Default)]
pub(super) struct WaitingTask(Option<Waker>);

impl WaitingTask {
    /// Records whether the polling task is going to wait.
    pub(super) fn record<T>(&mut self, poll: &Poll<T>, cx: &Context<'_>) {
        match &mut self.0 {
            _ if poll.is_ready() => self.0 = None,
            Some(waker) => waker.clone_from(cx.waker()),
            None => self.0 = Some(cx.waker().clone()),
        }
    }

    /// Wakes the task, so that it polls again.
    pub(super) fn wake(&mut self) {
        if let Some(waker) = self.0.take() {
            waker.wake();
        }
    }
}
