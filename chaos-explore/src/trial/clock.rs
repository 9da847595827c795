//! The virtual clock of a trial, which advances only when nothing is left to do.
//!
//! Tokio's paused clock jumps to the next timer whenever the runtime is idle. The runtime is also idle while a thread that
//! it doesn't know, such as a database driver's, works on a reply, or while a reply waits in a socket's queue; a timeout
//! then fires before a reply that is about to arrive. Tokio doesn't jump while a blocking task runs, so this clock keeps
//! one running. The task ends, and lets the clock jump once, only when the runtime's thread is asleep and no outside work
//! is going on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chaos_core::adapter::is_clock_paused;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::trial::outside_work::OutsideWorkCount;
use crate::trial::thread_state::ThreadState;

/// The clock that a trial uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClockMode {
    /// The system's clock until the act starts, then a virtual one.
    Virtual,
    Real,
}

/// The sampling interval of the runtime's state.
const SAMPLING_INTERVAL: Duration = Duration::from_micros(100);

/// How long a runtime must sleep before it counts as idle while outside work is possible.
const IDLE_THRESHOLD_WITH_POSSIBLE_WORK: Duration = Duration::from_millis(40);

/// How often a released runtime may go idle without a jump: once because it was woken, once without any timer.
const MAX_IDLE_WITHOUT_JUMP: u32 = 3;

/// The clock of one trial, shared by the runtime's thread and the blocking task that holds the clock.
#[derive(Debug, Default)]
pub(crate) struct VirtualClock {
    /// The number of times that the runtime parked or unparked: odd while it is parked.
    transitions: AtomicU64,
    outside_work: Arc<OutsideWorkCount>,
    hold: Mutex<Hold>,
}

#[derive(Debug, Default, Clone, Copy)]
enum Hold {
    /// The virtual clock hasn't started, or the trial is over.
    #[default]
    Off,
    /// The blocking task runs, so time stands still.
    Held,
    /// The blocking task has ended.
    Released {
        /// The virtual time of the release.
        at: Instant,
        /// How often the runtime has gone idle since.
        idle: u32,
    },
}

impl VirtualClock {
    pub(crate) fn outside_work(&self) -> &Arc<OutsideWorkCount> {
        &self.outside_work
    }

    /// Starts virtual time; called within the runtime.
    pub(crate) fn start(self: &Arc<Self>) {
        self.hold_time(ThreadState::of_current());
        if !is_clock_paused() {
            tokio::time::pause();
        }
    }

    /// Ends the blocking task for good.
    pub(crate) fn stop(&self) {
        *self.lock() = Hold::Off;
    }

    /// Holds the clock again if something has happened since its release; called before the runtime's thread parks.
    pub(crate) fn on_park(self: &Arc<Self>, thread: &ThreadState) {
        let hold = *self.lock();
        if let Hold::Released { at, idle } = hold {
            // Work that started since the release needs the clock to stand still.
            if Instant::now() != at || idle >= MAX_IDLE_WITHOUT_JUMP || self.outside_work.has_any()
            {
                self.hold_time(thread.clone());
            } else {
                *self.lock() = Hold::Released { at, idle: idle + 1 };
            }
        }
        self.transitions.fetch_add(1, Ordering::Release);
    }

    /// Records that the runtime's thread has unparked.
    pub(crate) fn on_unpark(&self) {
        self.transitions.fetch_add(1, Ordering::Release);
    }

    /// Starts the blocking task that keeps time still until the runtime is idle.
    fn hold_time(self: &Arc<Self>, thread: ThreadState) {
        *self.lock() = Hold::Held;
        let clock = Arc::clone(self);
        // Only the runtime's own thread can read its virtual time.
        let at = Instant::now();
        drop(Handle::current().spawn_blocking(move || {
            clock.wait_until_idle(&thread);
            let mut hold = clock.lock();
            if let Hold::Held = *hold {
                *hold = Hold::Released { at, idle: 0 };
            }
        }));
    }

    /// Blocks until the runtime has nothing left to do, or the clock is stopped.
    fn wait_until_idle(&self, thread: &ThreadState) {
        let mut asleep_since: Option<(u64, std::time::Instant)> = None;
        loop {
            std::thread::sleep(SAMPLING_INTERVAL);
            if let Hold::Off = *self.lock() {
                return;
            }
            let transitions = self.transitions.load(Ordering::Acquire);
            let is_asleep = transitions % 2 == 1 && thread.is_asleep();
            asleep_since = match asleep_since {
                _ if !is_asleep => None,
                Some((same, since)) if same == transitions => Some((same, since)),
                _ => Some((transitions, std::time::Instant::now())),
            };
            let Some((_, since)) = asleep_since else {
                continue;
            };
            let threshold = self.outside_work.idle_threshold(
                ThreadState::IDLE_THRESHOLD,
                IDLE_THRESHOLD_WITH_POSSIBLE_WORK,
            );
            if threshold.is_some_and(|threshold| since.elapsed() >= threshold) {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Hold> {
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
