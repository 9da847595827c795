//! The timer thread of the process.

use super::due::Due;
use super::queue::{BATCH, Next, Parked, Queue, Ticket};
use crate::contain::contain;
use std::hint;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The longest time that the thread spins before a deadline: the exit latency of a processor's deep sleep.
const EARLY_AT_MOST: Duration = Duration::from_micros(100);

/// The spinning time is at most the sleep divided by this.
const EARLY_SHARE: u32 = 16;

/// The shortest sleep: when delays end every few microseconds, waking up for each is not worth the cost.
const NAP: Duration = Duration::from_micros(25);

static TIMER: Timer = Timer {
    queue: Mutex::new(Queue::new()),
    thread: OnceLock::new(),
    starting: Mutex::new(()),
};

/// The timer of the process, started by its first use; `None` if its thread can't be started.
pub(super) fn timer() -> Option<&'static Timer> {
    if TIMER.thread.get().is_none() {
        TIMER.start();
    }
    TIMER.thread.get().map(|_| &TIMER)
}

/// Makes the timer thread wake every delay whose release has fired.
pub(super) fn sweep() {
    // Without a thread, no delay was ever parked.
    if TIMER.thread.get().is_some() {
        let mut queue = TIMER.queue();
        queue.start_sweep();
        let roused = queue.rouse_now();
        drop(queue);
        TIMER.unpark_if(roused);
    }
}

/// Wakes the tasks of delays that are due or released.
#[derive(Debug)]
pub(super) struct Timer {
    queue: Mutex<Queue>,
    thread: OnceLock<Thread>,
    starting: Mutex<()>,
}

impl Timer {
    /// Parks a delay until it ends, replacing any other with the same ticket; ready if its release has already fired.
    pub(super) fn park(&self, ticket: Ticket, parked: Parked) -> Poll<()> {
        let mut queue = self.queue();
        // Checked under the lock: a release that fires from here on sweeps after this insertion.
        if parked.is_released() {
            drop(queue);
            return Poll::Ready(());
        }
        let replaced = queue.insert(ticket, parked);
        let roused = queue.rouse(ticket.due());
        drop(queue);
        drop(replaced);
        self.unpark_if(roused);
        Poll::Pending
    }

    /// Whether the delay with this ticket wakes `waker`.
    pub(super) fn will_wake(&self, ticket: Ticket, waker: &Waker) -> bool {
        let queue = self.queue();
        queue
            .get(ticket)
            .is_some_and(|parked| parked.waker.will_wake(waker))
    }

    /// Removes the delay with this ticket, if it still waits.
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
        minimize_timer_slack();
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
    // A waker runs the executor's code, whose panic must not stop the timer for others.
    let _ = contain(|| parked.waker.wake());
}

/// Sleeps until `until` or until unparked; wakes up slightly early and spins for the rest.
///
/// A shorter delay or a release that arrives while it spins waits for the end.
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

/// Makes the system wake this thread on time instead of up to 50 µs late.
fn minimize_timer_slack() {
    #[cfg(target_os = "linux")]
    {
        // A failure only costs accuracy.
        let _ = rustix::thread::set_current_timer_slack(Some(std::num::NonZeroU64::MIN));
    }
}
