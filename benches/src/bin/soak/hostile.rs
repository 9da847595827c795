//! User code that is slow, panics or hangs.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::count::{ESCAPED, HANGS, PANICS, SLOW, UNEXPECTED};
use crate::dice::Dice;

/// What holds up everything that hangs, until it opens.
pub(crate) static DAM: Dam = Dam {
    state: Mutex::new(State {
        is_open: false,
        cleanups: 0,
    }),
    opens: Condvar::new(),
};

pub(crate) struct Dam {
    state: Mutex<State>,
    opens: Condvar,
}

struct State {
    is_open: bool,
    cleanups: u32,
}

/// The worst that some user code does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worst {
    Panic,
    Hang,
    /// It hangs on a thread that cleans up, of which only four may hang.
    HangInCleanup,
}

/// The payload of an expected panic.
struct Expected;

/// An expected payload whose drop panics.
struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic_any(Expected);
    }
}

/// Mostly does nothing, and otherwise is slow, panics or hangs.
pub(crate) fn misbehave(dice: &Dice, worst: Worst, odds: u64) {
    // A second panic would abort the process, as that of any code would.
    if std::thread::panicking() {
        return;
    }
    match dice.below(odds) {
        0 => {
            SLOW.add(1);
            std::thread::sleep(dice.millis(1, 10));
        }
        1 => panic_any(Expected),
        2 => panic_any(PanicsWhenDropped),
        3 => DAM.hold(worst),
        _ => {}
    }
}

/// Panics when it is dropped, sometimes.
pub(crate) struct HostileDrop(pub(crate) Dice, pub(crate) u64);

impl Drop for HostileDrop {
    fn drop(&mut self) {
        misbehave(&self.0, Worst::Panic, self.1);
    }
}

impl Dam {
    const MOST_CLEANUPS: u32 = 4;

    /// Hangs if this is a thread of chaos; on its own thread, a caller only holds up itself.
    fn hold(&self, worst: Worst) {
        let thread = std::thread::current();
        if worst == Worst::Panic || !thread.name().is_some_and(|it| it.starts_with("chaos-")) {
            return;
        }
        let mut state = self.state();
        let cleans_up = u32::from(worst == Worst::HangInCleanup);
        if state.is_open || state.cleanups + cleans_up > Self::MOST_CLEANUPS {
            return;
        }
        state.cleanups += cleans_up;
        HANGS.add(1);
        let waited = self.opens.wait_while(state, |state| !state.is_open);
        waited.unwrap_or_else(PoisonError::into_inner).cleanups -= cleans_up;
    }

    /// Releases all that hangs; nothing hangs until it is closed.
    pub(crate) fn open(&self) {
        self.state().is_open = true;
        self.opens.notify_all();
    }

    pub(crate) fn close(&self) {
        self.state().is_open = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs what may panic as expected; returns `None` if it did.
pub(crate) fn contain<R>(act: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(act))
        .map_err(|payload| {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
        })
        .ok()
}

/// As `contain`, and counts a panic of user code that reached its caller through chaos.
pub(crate) fn bear(act: impl FnOnce()) {
    if contain(act).is_none() {
        ESCAPED.add(1);
    }
}

/// Counts the expected panics, and has the others reported as before.
pub(crate) fn silence_expected_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if is_expected(panic.payload()) {
            PANICS.add(1);
        } else {
            UNEXPECTED.add(1);
            report(panic);
        }
    }));
}

fn is_expected(payload: &dyn Any) -> bool {
    payload.is::<Expected>()
        || payload.is::<PanicsWhenDropped>()
        || payload
            .downcast_ref::<String>()
            .is_some_and(|text| text.starts_with("injected panic"))
}
