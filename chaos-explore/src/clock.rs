//! Time in a run: virtual, and moved on only when nothing is left to do.
//!
//! Tokio's paused clock jumps to the next timer whenever the runtime is idle, also while a thread that it knows nothing
//! of, such as a database driver's, works on an answer, or the system has one in a socket's queue: then a timeout fires
//! before the answer that is about to come. Tokio does not jump while a blocking task runs, so one is always running
//! here; it ends only when the runtime's thread really sleeps and nobody works for it, and lets the clock jump once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::outside_work::OutsideWorkCount;
use crate::thread_state::ThreadState;
use chaos_core::adapter::is_clock_paused;

/// By which clock a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// It stands while anything is done and jumps while nothing is, from the act on.
    Virtual,
    Real,
}

/// How often it is looked whether the runtime sleeps.
const LOOK_EVERY: Duration = Duration::from_micros(100);

/// How long a runtime sleeps before it is believed that nobody wakes it, while it is not known who might.
const PERHAPS: Duration = Duration::from_millis(40);

/// How often tokio may be left to itself without jumping: once for having been woken, once for nothing to jump to.
const TRIES: u32 = 3;

/// The clock of one run, seen from the runtime's thread and from the one that holds it.
#[derive(Debug, Default)]
pub(crate) struct VirtualClock {
    /// Counts the times that the runtime fell asleep and woke up: odd while it sleeps.
    turns: AtomicU64,
    works: Arc<OutsideWorkCount>,
    hold: Mutex<Hold>,
}

#[derive(Debug, Default, Clone, Copy)]
enum Hold {
    /// The clock is the system's still, or this run is over.
    #[default]
    Off,
    /// The blocking task runs: the clock stands.
    Held,
    /// It has ended, at this time of the clock, and the runtime has gone idle so often since.
    Released(Instant, u32),
}

impl VirtualClock {
    pub(crate) fn works(&self) -> &Arc<OutsideWorkCount> {
        &self.works
    }

    /// Stops the system's time for this runtime, from within.
    pub(crate) fn engage(self: &Arc<Self>, thread: &ThreadState) {
        self.hold_again(thread);
        if !is_clock_paused() {
            tokio::time::pause();
        }
    }

    /// Lets go of the runtime for good.
    pub(crate) fn disengage(&self) {
        self.set(Hold::Off);
    }

    /// Called by the runtime when it has nothing to do, before it sleeps.
    pub(crate) fn falls_asleep(self: &Arc<Self>, thread: &ThreadState) {
        let hold = *self.lock();
        if let Hold::Released(at, tries) = hold {
            // Whatever has begun since the release wants the clock to stand again.
            if Instant::now() != at || tries >= TRIES || self.works.has_any() {
                self.hold_again(thread);
            } else {
                self.set(Hold::Released(at, tries + 1));
            }
        }
        self.turns.fetch_add(1, Ordering::Release);
    }

    /// Called by the runtime when it wakes up.
    pub(crate) fn wakes_up(&self) {
        self.turns.fetch_add(1, Ordering::Release);
    }

    fn hold_again(self: &Arc<Self>, thread: &ThreadState) {
        self.set(Hold::Held);
        let clock = Arc::clone(self);
        let thread = thread.clone();
        // The holder must know the time at which it lets go, which is the runtime's own.
        let now = Instant::now();
        drop(Handle::current().spawn_blocking(move || {
            clock.wait_until_nothing_is_left(&thread);
            let mut hold = clock.lock();
            if let Hold::Held = *hold {
                *hold = Hold::Released(now, 0);
            }
        }));
    }

    fn wait_until_nothing_is_left(&self, thread: &ThreadState) {
        let mut asleep_since: Option<(u64, std::time::Instant)> = None;
        loop {
            std::thread::sleep(LOOK_EVERY);
            if let Hold::Off = *self.lock() {
                return;
            }
            let turn = self.turns.load(Ordering::Acquire);
            let sleeps = turn % 2 == 1 && thread.is_certain();
            asleep_since = match asleep_since {
                _ if !sleeps => None,
                Some((same, since)) if same == turn => Some((same, since)),
                _ => Some((turn, std::time::Instant::now())),
            };
            let Some((_, since)) = asleep_since else {
                continue;
            };
            let patience = self.works.patience(thread.patience(), PERHAPS);
            if patience.is_some_and(|patience| since.elapsed() >= patience) {
                return;
            }
        }
    }

    fn set(&self, hold: Hold) {
        *self.lock() = hold;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Hold> {
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
