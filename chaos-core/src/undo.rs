//! Undos, each of which runs exactly once when an experiment ends.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::contain::contain;

type Undo = Box<dyn FnOnce() + Send>;

/// The undos of one experiment, run in reverse order of registration.
pub(crate) struct Undos {
    state: Mutex<State>,
    done: Condvar,
}

enum State {
    Waiting(Vec<Undo>),
    Running(ThreadId),
    Done,
}

impl Default for Undos {
    fn default() -> Self {
        Self {
            state: Mutex::new(State::Waiting(Vec::new())),
            done: Condvar::new(),
        }
    }
}

impl Undos {
    /// Registers an undo, or runs it now if `run` was called already; returns the number of panics.
    pub(crate) fn add(&self, undo: Undo) -> usize {
        if let State::Waiting(undos) = &mut *self.state() {
            undos.push(undo);
            return 0;
        }
        run_all([undo])
    }

    /// Runs all registered undos, then reports the number of panics; only then do they count as done.
    pub(crate) fn run(&self, report: impl FnOnce(usize)) {
        let running = State::Running(thread::current().id());
        let undos = {
            let mut state = self.state();
            match &mut *state {
                State::Waiting(undos) => {
                    let undos = std::mem::take(undos);
                    *state = running;
                    undos
                }
                // Another thread is running them and marks them done.
                State::Running(_) | State::Done => return,
            }
        };
        report(run_all(undos.into_iter().rev()));
        *self.state() = State::Done;
        self.done.notify_all();
    }

    /// Waits until all undos have run; returns false if that took too long.
    ///
    /// It does not wait for an undo of the calling thread, such as one that drops the guard of its own experiment.
    pub(crate) fn wait(&self, at_most: Duration) -> bool {
        let this_thread = thread::current().id();
        let waits = |state: &mut State| match state {
            State::Waiting(_) => true,
            State::Running(thread) => *thread != this_thread,
            State::Done => false,
        };
        let waited = self.done.wait_timeout_while(self.state(), at_most, waits);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !waits(&mut state)
    }

    /// Whether all undos have run.
    pub(crate) fn are_done(&self) -> bool {
        matches!(*self.state(), State::Done)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs undos, even if earlier ones panic; returns the number of panics.
fn run_all(undos: impl IntoIterator<Item = Undo>) -> usize {
    let results = undos.into_iter().map(contain);
    results.filter(Option::is_none).count()
}

#[cfg(test)]
mod tests;
