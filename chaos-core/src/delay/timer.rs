//! The one timer thread of the process.

use super::queue::{BATCH, Due, Next, Parked, Queue, Ticket};
use std::hint;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The longest that the thread spins before a deadline: what a processor needs to come back from a deep sleep.
const EARLY_AT_MOST: Duration = Duration::from_micros(100);

/// It spins for at most this share of the time that it sleeps: one part in so many.
const EARLY_SHARE: u32 = 16;

/// The shortest sleep: where delays end every few microseconds, a wake-up for each costs more than it brings.
const NAP: Duration = Duration::from_micros(25);

static TIMER: Timer = Timer {
    queue: Mutex::new(Queue::new()),
    thread: OnceLock::new(),
    starting: Mutex::new(()),
};

/// The timer of the process, started by its first use; none when the system gives no more threads.
pub(super) fn timer() -> Option<&'static Timer> {
    if TIMER.thread.get().is_none() {
        TIMER.start();
    }
    TIMER.thread.get().map(|_| &TIMER)
}

/// Has the timer thread wake every delay whose release has fired.
pub(super) fn sweep() {
    // Without a thread nothing was ever parked.
    if TIMER.thread.get().is_some() {
        let mut queue = TIMER.queue();
        queue.start_sweep();
        let roused = queue.rouse_now();
        drop(queue);
        TIMER.unpark_if(roused);
    }
}

/// Wakes the tasks whose time has come or whose release has fired.
#[derive(Debug)]
pub(super) struct Timer {
    queue: Mutex<Queue>,
    thread: OnceLock<Thread>,
    starting: Mutex<()>,
}

/// What became of a delay that wanted to wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parking {
    Parked,
    /// Its release has fired: there is nothing to wait for.
    Released,
}

impl Timer {
    /// Will wake `parked` when its time comes; takes the place of what waits under the same ticket.
    pub(super) fn park(&self, ticket: Ticket, parked: Parked) -> Parking {
        let mut queue = self.queue();
        // Asked under the lock: a release that fires from here on sweeps after this insertion.
        if parked.is_released() {
            drop(queue);
            return Parking::Released;
        }
        let replaced = queue.insert(ticket, parked);
        let roused = queue.rouse(ticket.due());
        drop(queue);
        drop(replaced);
        self.unpark_if(roused);
        Parking::Parked
    }

    /// Whether `waker` is the one that waits under this ticket.
    pub(super) fn will_wake(&self, ticket: Ticket, waker: &Waker) -> bool {
        let queue = self.queue();
        queue
            .get(ticket)
            .is_some_and(|parked| parked.waker.will_wake(waker))
    }

    /// Forgets the delay under this ticket, if it still waits.
    pub(super) fn cancel(&self, ticket: Ticket) {
        let cancelled = self.queue().remove(ticket);
        drop(cancelled);
    }

    #[cfg(test)]
    pub(super) fn holds(&self, ticket: Ticket) -> bool {
        self.queue().get(ticket).is_some()
    }

    fn start(&self) {
        let _one_at_a_time = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.thread.get().is_none() {
            let spawned = thread::Builder::new()
                .name("chaos-timer".to_owned())
                .spawn(|| TIMER.run());
            if let Ok(handle) = spawned {
                let _ = self.thread.set(handle.thread().clone());
            }
        }
    }

    fn run(&self) {
        be_punctual();
        let mut batch = Vec::with_capacity(2 * BATCH + 1);
        loop {
            let next = self.queue().take(Instant::now(), &mut batch);
            match next {
                Next::Wake => batch.drain(..).for_each(wake),
                Next::Sleep(Due::Never) => thread::park(),
                Next::Sleep(Due::At(until)) => sleep_until(until),
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unpark_if(&self, roused: bool) {
        if roused && let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

fn wake(parked: Parked) {
    // A waker is code of some executor: its panic may not stop the time for everybody else.
    let _ = catch_unwind(AssertUnwindSafe(|| parked.waker.wake()));
}

/// Sleeps until `until` or until unparked, and gets up a little early to be awake in time.
///
/// Only the end is spun away, and there a shorter delay or a release that comes meanwhile waits for it.
fn sleep_until(until: Instant) {
    let length = until.saturating_duration_since(Instant::now());
    let early = (length / EARLY_SHARE).min(EARLY_AT_MOST);
    thread::park_timeout((length - early).max(NAP));
    if until.saturating_duration_since(Instant::now()) <= early {
        while Instant::now() < until {
            hint::spin_loop();
        }
    }
}

/// Has the system wake this thread when its sleep is over, and not up to 50 µs later.
fn be_punctual() {
    #[cfg(all(target_os = "linux", feature = "inject"))]
    {
        // A refusal costs accuracy and nothing else.
        let _ = rustix::thread::set_current_timer_slack(Some(std::num::NonZeroU64::MIN));
    }
}
