//! A hold on code of the process that can be installed only once, such as a recorder.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// Hangs threads while it is held.
pub(super) struct Hold {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// The thread that holds it and that never hangs; `None` while nothing does.
    holder: Option<ThreadId>,
    hangs: bool,
}

/// Holds it until this is dropped.
pub(super) struct Holding(&'static Hold);

impl Hold {
    pub(super) const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                holder: None,
                hangs: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Hangs all other threads from now on.
    pub(super) fn begin(&'static self) -> Holding {
        *self.state() = State {
            holder: Some(thread::current().id()),
            hangs: false,
        };
        Holding(self)
    }

    /// Hangs while it is held, except on the thread that holds it.
    pub(super) fn hang(&self) {
        let own = thread::current().id();
        let mut state = self.state();
        while state.holder.is_some_and(|holder| holder != own) {
            state.hangs = true;
            self.changed.notify_all();
            state = self.wait(state);
        }
    }

    /// Waits until a thread hangs.
    pub(super) fn wait_until_it_hangs(&self) {
        let mut state = self.state();
        while !state.hangs {
            state = self.wait(state);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let state = self.changed.wait(state);
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.0.state().holder = None;
        self.0.changed.notify_all();
    }
}
