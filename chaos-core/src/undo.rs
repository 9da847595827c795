//! What must be put back when an experiment ends, each exactly once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

type Undo = Box<dyn FnOnce() + Send>;

/// The undos of one experiment, last registered first.
pub(crate) struct Undos(Mutex<State>);

enum State {
    Waiting(Vec<Undo>),
    Running,
    Done,
}

impl Default for Undos {
    fn default() -> Self {
        Self(Mutex::new(State::Waiting(Vec::new())))
    }
}

impl Undos {
    /// Keeps an undo for the end, or runs it now when the end has come; returns how many panicked.
    pub(crate) fn add(&self, undo: Undo) -> usize {
        if let State::Waiting(undos) = &mut *self.state() {
            undos.push(undo);
            return 0;
        }
        run_all([undo])
    }

    /// Runs all that are waiting; returns how many of them panicked.
    pub(crate) fn run(&self) -> usize {
        let state = std::mem::replace(&mut *self.state(), State::Running);
        let failed = match state {
            State::Waiting(undos) => run_all(undos.into_iter().rev()),
            // Another thread runs them; it will say when they are done.
            State::Running => return 0,
            State::Done => 0,
        };
        *self.state() = State::Done;
        failed
    }

    /// True once all undos have been run.
    pub(crate) fn are_done(&self) -> bool {
        matches!(*self.state(), State::Done)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs undos so that one which panics does not keep the others from running; returns how many did.
fn run_all(undos: impl IntoIterator<Item = Undo>) -> usize {
    undos
        .into_iter()
        .filter_map(|undo| catch_unwind(AssertUnwindSafe(undo)).err())
        .count()
}

#[cfg(test)]
mod tests;
