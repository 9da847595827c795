//! The tasks that wait in the two directions of a connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The task that waits in one direction of a connection.
#[derive(Debug, Default, Clone)]
pub(super) struct WaitingTask(Option<Waker>);

impl WaitingTask {
    pub(super) fn of(waker: Option<Waker>) -> Self {
        Self(waker)
    }

    /// Records whether the polling task is going to wait.
    pub(super) fn record<T>(&mut self, poll: &Poll<T>, cx: &Context<'_>) {
        match &mut self.0 {
            _ if poll.is_ready() => self.0 = None,
            Some(waker) => waker.clone_from(cx.waker()),
            None => self.0 = Some(cx.waker().clone()),
        }
    }

    /// Whether a task waits.
    pub(super) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Wakes the task, so that it polls again.
    pub(super) fn wake(&mut self) {
        if let Some(waker) = self.0.take() {
            waker.wake();
        }
    }
}

/// The tasks that use a connection; each of them drives the bytes on that were written before.
#[derive(Debug, Default)]
pub(super) struct Drivers(Mutex<[Option<Waker>; 3]>);

impl Drivers {
    /// Sets the tasks that wait in each direction, and the task that polls now.
    pub(super) fn set(&self, reader: &WaitingTask, writer: &WaitingTask, polling: &Waker) {
        let tasks = [reader.0.clone(), writer.0.clone(), Some(polling.clone())];
        let before = {
            let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, tasks)
        };
        // Dropped under no lock: a waker is foreign code.
        drop(before);
    }
}

impl Wake for Drivers {
    fn wake(self: Arc<Self>) {
        let tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks.into_iter().flatten() {
            task.wake();
        }
    }
}
