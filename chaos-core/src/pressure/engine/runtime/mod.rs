//! Threads of the Tokio runtime that are blocked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::commitments::Commitment;
use super::control_loop::Load;
use super::rate_of_change::{RateOfChange, WINDOW};
use super::state::{PressureState, WaitOutcome};
use crate::pressure::resource::RuntimeWorkers;
use crate::pressure::{PressureError, PressureKind};

const SAMPLING_INTERVAL: Duration = Duration::from_millis(20);

/// Before that nobody can tell a worker that is blocked from one whose first turn has just come.
const FIRST: Duration = Duration::from_millis(100);

/// Other tasks, and the runtime itself, have the workers in between.
const ENOUGH: f64 = 0.9;

/// Tasks that block threads of a runtime.
pub(super) struct RuntimeLoad {
    runtime: Handle,
    which: Target,
    most: u32,
    tasks: u32,
    blocked: Arc<Blocked>,
    blocked_time: RateOfChange,
    lately: Option<f64>,
    /// Does nothing, and is dropped by a runtime that is about to go.
    canary: Option<JoinHandle<()>>,
    commitment: Commitment,
}

#[derive(Clone, Copy)]
enum Target {
    Workers { blocked_for: Duration },
    Pool,
}

impl RuntimeLoad {
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
            Target::Workers { blocked_for },
            workers.workers,
            Commitment::default(),
        ))
    }

    /// Takes threads of the pool of the runtime that this is called in, which are promised to it.
    pub(super) fn pool(threads: u32, commitment: Commitment) -> Result<Self, PressureError> {
        let kind = PressureKind::BlockingPool;
        let runtime = Handle::try_current().map_err(|_| PressureError::NoRuntime(kind))?;
        Ok(Self::new(runtime, Target::Pool, threads, commitment))
    }

    fn new(runtime: Handle, which: Target, most: u32, commitment: Commitment) -> Self {
        Self {
            runtime,
            which,
            most,
            tasks: 0,
            blocked: Arc::new(Blocked::none_of(most)),
            blocked_time: RateOfChange::with_warm_up(FIRST),
            lately: None,
            canary: None,
            commitment,
        }
    }

    /// Those that are still queued when the end comes find no entry, and block nobody.
    fn block_one(&self, state: &Arc<PressureState>) {
        let (state, blocked) = (Arc::clone(state), Arc::clone(&self.blocked));
        match self.which {
            Target::Workers { blocked_for } => {
                self.runtime.spawn(async move {
                    while let Some(present) = state.register() {
                        let turn = Turn::begin(&blocked);
                        let waited = state.wait(blocked_for);
                        // Not counted while it waits for its next turn, which may take as long as the runtime likes.
                        drop((turn, present));
                        if waited == WaitOutcome::Stopping {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                });
            }
            Target::Pool => {
                self.runtime.spawn_blocking(move || {
                    if let Some(_present) = state.register() {
                        let _turn = Turn::begin(&blocked);
                        while state.wait(Duration::MAX) == WaitOutcome::TimedOut {}
                    }
                });
            }
        }
    }
}

impl Load for RuntimeLoad {
    fn adjust_to(&mut self, share: f64, state: &Arc<PressureState>) -> Result<(), String> {
        let runtime = &self.runtime;
        let canary = self
            .canary
            .get_or_insert_with(|| runtime.spawn(std::future::pending()));
        if canary.is_finished() {
            return Err("the runtime is gone".to_owned());
        }
        let wanted = (f64::from(self.most) * share) as u32;
        while self.tasks < wanted && !state.is_stopping() {
            self.block_one(state);
            self.tasks += 1;
        }
        Ok(())
    }

    fn level(&mut self) -> f64 {
        let now = Instant::now();
        let tally = self.blocked.at(now);
        self.commitment.taken(tally.now.into());
        match self.which {
            Target::Pool => f64::from(tally.now),
            Target::Workers { .. } => {
                let nanoseconds = tally.time.as_nanos() as u64;
                let workers = self.blocked_time.per_second(now, nanoseconds);
                // Less than a hundredth of a worker is no progress, and no news.
                self.lately = workers.map(|workers| (workers / 1e7).round() / 100.0);
                self.lately.unwrap_or(0.0)
            }
        }
    }

    fn sampling_interval(&self) -> Duration {
        SAMPLING_INTERVAL
    }

    fn reached_threshold(&self) -> f64 {
        match self.which {
            Target::Pool => 1.0,
            Target::Workers { .. } => ENOUGH,
        }
    }

    fn saturation(&self) -> Option<&'static str> {
        // A busy runtime gives them all their turns, and to others in between; one that is stuck does not.
        let now = Instant::now();
        let all = self.blocked.at(now).all_at;
        let all_lately = all.is_some_and(|at| now.saturating_duration_since(at) < WINDOW);
        (self.lately.is_some() && all_lately).then_some("other tasks had the workers in between")
    }
}

impl Drop for RuntimeLoad {
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
