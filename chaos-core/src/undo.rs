//! Undos, each of which runs exactly once when an experiment ends.

use std::sync::{Mutex, PoisonError};

use crate::contain::contain;

type Undo = Box<dyn FnOnce() + Send>;

/// The undos of one experiment, run in reverse order of registration.
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
    /// Registers an undo, or runs it now if `run` was called already; returns the number of panics.
    pub(crate) fn add(&self, undo: Undo) -> usize {
        if let State::Waiting(undos) = &mut *self.state() {
            undos.push(undo);
            return 0;
        }
        run_all([undo])
    }

    /// Runs all registered undos; returns the number of panics.
    pub(crate) fn run(&self) -> usize {
        let state = std::mem::replace(&mut *self.state(), State::Running);
        let failed = match state {
            State::Waiting(undos) => run_all(undos.into_iter().rev()),
            // Another thread is running them and marks them done.
            State::Running => return 0,
            State::Done => 0,
        };
        *self.state() = State::Done;
        failed
    }

    /// Whether all undos have run.
    pub(crate) fn are_done(&self) -> bool {
        matches!(*self.state(), State::Done)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs undos, even if earlier ones panic; returns the number of panics.
fn run_all(undos: impl IntoIterator<Item = Undo>) -> usize {
    undos
        .into_iter()
        .map(|undo| usize::from(contain(undo).is_none()))
        .sum()
}

#[cfg(test)]
mod tests;
