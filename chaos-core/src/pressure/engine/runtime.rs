//! Threads of the Tokio runtime that are blocked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::growth::{Growth, WINDOW};
use super::held::{Held, Waited};
use super::keeper::Hog;
use super::promised::Promise;
use crate::pressure::resource::RuntimeWorkers;
use crate::pressure::{PressureError, PressureKind};

const EVERY: Duration = Duration::from_millis(20);

/// Before that nobody can tell a worker that is blocked from one whose first turn has just come.
const FIRST: Duration = Duration::from_millis(100);

/// Other tasks, and the runtime itself, have the workers in between.
const ENOUGH: f64 = 0.9;

/// Tasks that block threads of a runtime.
pub(super) struct Blocking {
    runtime: Handle,
    which: Which,
    most: u32,
    tasks: u32,
    blocked: Arc<Blocked>,
    blocked_time: Growth,
    lately: Option<f64>,
    /// Does nothing, and is dropped by a runtime that is about to go.
    canary: Option<JoinHandle<()>>,
    promise: Promise,
}

#[derive(Clone, Copy)]
enum Which {
    Workers { blocked_for: Duration },
    Pool,
}

impl Blocking {
    /// Blocks workers of the runtime that this is called in.
    pub(super) fn workers(workers: RuntimeWorkers) -> Result<Self, PressureError> {
        let kind = PressureKind::RuntimeWorkers;
        let runtime = Handle::try_current().map_err(|_| PressureError::NoRuntime(kind))?;
        let there = runtime.metrics().num_workers();
        if workers.workers as usize > there {
            return Err(PressureError::TooManyWorkers {
                kind,
                requested: workers.workers,
                there,
            });
        }
        let blocked_for = workers.blocked_for;
        Ok(Self::new(
            runtime,
            Which::Workers { blocked_for },
            workers.workers,
            Promise::default(),
        ))
    }

    /// Takes threads of the pool of the runtime that this is called in, which are promised to it.
    pub(super) fn pool(threads: u32, promise: Promise) -> Result<Self, PressureError> {
        let kind = PressureKind::BlockingPool;
        let runtime = Handle::try_current().map_err(|_| PressureError::NoRuntime(kind))?;
        Ok(Self::new(runtime, Which::Pool, threads, promise))
    }

    fn new(runtime: Handle, which: Which, most: u32, promise: Promise) -> Self {
        Self {
            runtime,
            which,
            most,
            tasks: 0,
            blocked: Arc::new(Blocked::none_of(most)),
            blocked_time: Growth::silent_for(FIRST),
            lately: None,
            canary: None,
            promise,
        }
    }

    /// Those that are still queued when the end comes find no entry, and block nobody.
    fn block_one(&self, held: &Arc<Held>) {
        let (held, blocked) = (Arc::clone(held), Arc::clone(&self.blocked));
        match self.which {
            Which::Workers { blocked_for } => {
                self.runtime.spawn(async move {
                    while let Some(present) = held.enter() {
                        let turn = Turn::begin(&blocked);
                        let waited = held.wait(blocked_for);
                        // Not counted while it waits for its next turn, which may take as long as the runtime likes.
                        drop((turn, present));
                        if waited == Waited::Stop {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                });
            }
            Which::Pool => {
                self.runtime.spawn_blocking(move || {
                    if let Some(_present) = held.enter() {
                        let _turn = Turn::begin(&blocked);
                        while held.wait(Duration::MAX) == Waited::GoOn {}
                    }
                });
            }
        }
    }
}

impl Hog for Blocking {
    fn bring_to(&mut self, share: f64, held: &Arc<Held>) -> Result<(), String> {
        let runtime = &self.runtime;
        let canary = self
            .canary
            .get_or_insert_with(|| runtime.spawn(std::future::pending()));
        if canary.is_finished() {
            return Err("the runtime is gone".to_owned());
        }
        let wanted = (f64::from(self.most) * share) as u32;
        while self.tasks < wanted && !held.is_stopping() {
            self.block_one(held);
            self.tasks += 1;
        }
        Ok(())
    }

    fn level(&mut self) -> f64 {
        let now = Instant::now();
        let tally = self.blocked.at(now);
        self.promise.taken(tally.now.into());
        match self.which {
            Which::Pool => f64::from(tally.now),
            Which::Workers { .. } => {
                let nanoseconds = tally.time.as_nanos() as u64;
                let workers = self.blocked_time.per_second(now, nanoseconds);
                // Less than a hundredth of a worker is no progress, and no news.
                self.lately = workers.map(|workers| (workers / 1e7).round() / 100.0);
                self.lately.unwrap_or(0.0)
            }
        }
    }

    fn every(&self) -> Duration {
        EVERY
    }

    fn enough(&self) -> f64 {
        match self.which {
            Which::Pool => 1.0,
            Which::Workers { .. } => ENOUGH,
        }
    }

    fn most_there_is(&self) -> Option<&'static str> {
        // A busy runtime gives them all their turns, and to others in between; one that is stuck does not.
        let now = Instant::now();
        let all = self.blocked.at(now).all_at;
        let all_lately = all.is_some_and(|at| now.saturating_duration_since(at) < WINDOW);
        (self.lately.is_some() && all_lately).then_some("other tasks had the workers in between")
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        if let Some(canary) = &self.canary {
            canary.abort();
        }
    }
}

/// How many are blocked, and for how long they were all together.
struct Blocked(Mutex<Tally>);

#[derive(Clone, Copy)]
struct Tally {
    now: u32,
    most: u32,
    time: Duration,
    /// When all of them last were.
    all_at: Option<Instant>,
    counted: Instant,
}

impl Blocked {
    fn none_of(most: u32) -> Self {
        Self(Mutex::new(Tally {
            now: 0,
            most,
            time: Duration::ZERO,
            all_at: None,
            counted: Instant::now(),
        }))
    }

    fn at(&self, now: Instant) -> Tally {
        self.change(now, |_| {})
    }

    fn change(&self, now: Instant, change: impl FnOnce(&mut Tally)) -> Tally {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.max(tally.counted);
        let more = (now - tally.counted) * tally.now;
        tally.time += more;
        if tally.now == tally.most {
            tally.all_at = Some(now);
        }
        tally.counted = now;
        change(&mut tally);
        *tally
    }
}

/// One more that is blocked, until it is dropped.
struct Turn<'a>(&'a Blocked);

impl<'a> Turn<'a> {
    fn begin(blocked: &'a Blocked) -> Self {
        blocked.change(Instant::now(), |tally| tally.now += 1);
        Self(blocked)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.change(Instant::now(), |tally| tally.now -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_all_that_are_blocked_adds_up_and_it_is_known_when_all_were() {
        let blocked = Blocked::none_of(2);
        let start = blocked.0.lock().unwrap().counted;
        let at = |seconds| start + Duration::from_secs(seconds);
        blocked.change(at(0), |tally| tally.now += 1);
        let one = blocked.change(at(1), |tally| tally.now += 1);
        assert_eq!((one.time, one.all_at), (Duration::from_secs(1), None));
        let both = blocked.at(at(4));
        assert_eq!(both.time, Duration::from_secs(7));
        assert_eq!(both.all_at, Some(at(4)));
        blocked.change(at(5), |tally| tally.now -= 1);
        let one = blocked.at(at(9));
        assert_eq!(one.time, Duration::from_secs(13));
        assert_eq!(one.all_at, Some(at(5)));
    }
}
