//! The virtual clock of a trial, which advances only when nothing is left to do.
//!
//! Tokio's paused clock jumps to the next timer whenever the runtime is idle. The runtime is also idle while a thread that
//! it doesn't know, such as a database driver's, works on a reply, or while a reply waits in a socket's queue; a timeout
//! then fires before a reply that is about to arrive. Tokio doesn't jump while a blocking task runs, so this clock keeps
//! one running. The task ends, and lets the clock jump once, only when the runtime's thread is asleep and no outside work
//! is going on.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chaos_core::adapter::is_clock_paused;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::trial::other_threads;
use crate::trial::outside_work::OutsideWorkCount;
use crate::trial::purpose::{Expectations, Patience, Purpose};
use crate::trial::thread_state::ThreadState;

/// The clock that a trial uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClockMode {
    /// The system's clock until the act starts, then a virtual one.
    Virtual,
    Real,
}

impl ClockMode {
    /// How long tasks get to continue after the act, in a run that shows what they do.
    pub(crate) fn settling_time(self) -> Duration {
        match self {
            Self::Virtual => Duration::from_secs(1),
            Self::Real => Duration::from_millis(50),
        }
    }
}

/// The sampling interval of the runtime's state.
const SAMPLING_INTERVAL: Duration = Duration::from_micros(100);

/// The same, while the runtime has been working since the clock is held: samples take processor time from it.
const LONGEST_SAMPLING_INTERVAL: Duration = Duration::from_micros(800);

/// How long a runtime must sleep, at least, before it counts as idle while outside work is possible.
const SHORTEST_PATIENCE: Duration = Duration::from_millis(20);

/// The same in a baseline, for the first jumps: it shows how long outside work takes.
const LEARNING_PATIENCE: Duration = Duration::from_millis(250);
const LEARNING_JUMPS: u32 = 3;

/// The longest patience that a baseline may lead to.
const LONGEST_PATIENCE: Duration = Duration::from_secs(1);

/// How long a call may take in real time before the clock jumps, in a trial with a long patience.
const CALL_PATIENCE: Duration = Duration::from_secs(1);

/// How many times the patience the runtime may sleep while a thread of no trial is awake.
const PATIENCE_WITH_OTHERS: u32 = 5;

/// The longest time that the runtime is awake because a timer is due in real time, while its virtual time stands still.
///
/// Tokio parks for as long as the next timer takes, and then finds it not due.
const BRIEF_WAKE: Duration = Duration::from_micros(50);

/// How often a released runtime may go idle without a jump: once because it was woken, once without any timer.
const MAX_IDLE_WITHOUT_JUMP: u32 = 3;

/// The clock of one trial, shared by the runtime's thread and the blocking task that holds the clock.
#[derive(Debug, Default)]
pub(crate) struct VirtualClock {
    /// The number of times that the runtime parked or unparked: odd while it is parked.
    transitions: AtomicU64,
    /// The number of times that the runtime was awake for longer than a timer takes that is not due.
    activities: AtomicU64,
    unparked_at: Mutex<Option<std::time::Instant>>,
    outside_work: Arc<OutsideWorkCount>,
    hold: Mutex<Hold>,
    /// How long the runtime must sleep while outside work is possible, except for the first jumps of a baseline.
    patience: Duration,
    learning_jumps: AtomicU32,
    /// How long each call gets its time in full, from the start of virtual time on.
    waits_for_calls: Duration,
    started_at: OnceLock<std::time::Instant>,
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
        /// The number of outside works that had begun by then.
        works: usize,
    },
}

impl VirtualClock {
    pub(crate) fn new(purpose: Purpose) -> Self {
        let Purpose::Faults(Expectations {
            longest_call,
            patience,
            ..
        }) = purpose
        else {
            return Self {
                patience: SHORTEST_PATIENCE,
                learning_jumps: AtomicU32::new(LEARNING_JUMPS),
                ..Self::default()
            };
        };
        let learnt = longest_call.saturating_mul(4);
        Self {
            patience: learnt.clamp(SHORTEST_PATIENCE, LONGEST_PATIENCE),
            waits_for_calls: match patience {
                Patience::Learnt => Duration::ZERO,
                Patience::Long { at_most } => at_most,
            },
            ..Self::default()
        }
    }

    pub(crate) fn outside_work(&self) -> &Arc<OutsideWorkCount> {
        &self.outside_work
    }

    /// Starts virtual time; called within the runtime.
    pub(crate) fn start(self: &Arc<Self>) {
        self.started_at.get_or_init(std::time::Instant::now);
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
        if let Hold::Released { at, idle, works } = hold {
            // Work that began since the release needs the clock to stand still.
            let has_begun_work = self.outside_work.begun() != works;
            if Instant::now() != at || idle >= MAX_IDLE_WITHOUT_JUMP || has_begun_work {
                self.hold_time(thread.clone());
            } else {
                let idle = idle + 1;
                *self.lock() = Hold::Released { at, idle, works };
            }
        }
        let unparked_at = *lock(&self.unparked_at);
        if unparked_at.is_none_or(|at| at.elapsed() > BRIEF_WAKE) {
            self.activities.fetch_add(1, Ordering::Release);
        }
        self.transitions.fetch_add(1, Ordering::Release);
    }

    /// Records that the runtime's thread has unparked.
    pub(crate) fn on_unpark(&self) {
        *lock(&self.unparked_at) = Some(std::time::Instant::now());
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
                let works = clock.outside_work.begun();
                *hold = Hold::Released { at, idle: 0, works };
            }
        }));
    }

    /// Blocks until the runtime has nothing left to do, or the clock is stopped.
    fn wait_until_idle(&self, thread: &ThreadState) {
        let (mut asleep, mut inactive) = (Unchanged::default(), Unchanged::default());
        let mut interval = SAMPLING_INTERVAL;
        loop {
            std::thread::sleep(interval);
            if let Hold::Off = *self.lock() {
                return;
            }
            let transitions = self.transitions.load(Ordering::Acquire);
            let is_asleep = transitions % 2 == 1 && thread.is_asleep();
            if !is_asleep {
                asleep = Unchanged::default();
                interval = (interval * 2).min(LONGEST_SAMPLING_INTERVAL);
                continue;
            }
            let slept = asleep.since(transitions);
            interval = match slept.is_zero() {
                true => (interval * 2).min(LONGEST_SAMPLING_INTERVAL),
                false => SAMPLING_INTERVAL,
            };
            let idle = inactive.since(self.activities.load(Ordering::Acquire));
            if self.is_idle_after(slept, idle) {
                return;
            }
        }
    }

    /// Returns whether a runtime has nothing left to do that has slept for this long, and been idle apart from timers.
    fn is_idle_after(&self, slept: Duration, idle: Duration) -> bool {
        if self.outside_work.is_certain() {
            return false;
        }
        if !self.outside_work.is_possible() {
            return slept >= ThreadState::IDLE_THRESHOLD;
        }
        if self.waits_for_call() {
            return false;
        }

        let learns = self.learning_jumps.load(Ordering::Acquire) > 0;
        let patience = if learns {
            LEARNING_PATIENCE
        } else {
            self.patience
        };
        let is_idle = idle >= patience
            && (idle >= self.patience * PATIENCE_WITH_OTHERS || !other_threads::is_any_awake());
        if is_idle && learns {
            self.learning_jumps.fetch_sub(1, Ordering::AcqRel);
        }
        is_idle
    }

    /// Returns whether a call is in progress that has not had its time yet.
    fn waits_for_call(&self) -> bool {
        let started = self.started_at.get();
        started.is_some_and(|at| at.elapsed() < self.waits_for_calls)
            && self.outside_work.has_call_since(CALL_PATIENCE)
    }

    fn lock(&self) -> MutexGuard<'_, Hold> {
        lock(&self.hold)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A count, and the time at which it was first seen.
#[derive(Debug, Default, Clone, Copy)]
struct Unchanged(Option<(u64, std::time::Instant)>);

impl Unchanged {
    /// Returns how long the count has been the same.
    fn since(&mut self, count: u64) -> Duration {
        match self.0 {
            Some((same, since)) if same == count => since.elapsed(),
            _ => {
                self.0 = Some((count, std::time::Instant::now()));
                Duration::ZERO
            }
        }
    }
}
