//! Blocked threads of a Tokio runtime.

mod blocked_threads;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use self::blocked_threads::BlockedThreads;
use super::commitments::Commitment;
use super::load::Load;
use super::rate_of_change::{RateOfChange, WINDOW};
use super::state::{PressureState, WaitOutcome};
use crate::pressure::resource::RuntimeWorkers;
use crate::pressure::{PressureError, PressureKind};

const SAMPLING_INTERVAL: Duration = Duration::from_millis(20);

/// The time before the average number of blocked workers is meaningful.
const WARM_UP: Duration = Duration::from_millis(100);

/// The share of blocked workers that counts as reached: other tasks and the runtime run on them in between.
const WORKERS_THRESHOLD: f64 = 0.9;

/// Tasks that block threads of a runtime.
pub(super) struct RuntimeLoad {
    runtime: Handle,
    target: Target,
    requested: u32,
    tasks: u32,
    blocked: Arc<BlockedThreads>,
    blocked_time: RateOfChange,
    recent_workers: Option<f64>,
    /// An idle task, which a runtime drops when it shuts down.
    canary: Option<JoinHandle<()>>,
    commitment: Commitment,
}

#[derive(Clone, Copy)]
enum Target {
    Workers { blocked_for: Duration },
    BlockingPool,
}

impl RuntimeLoad {
    /// Prepares to block workers of the current runtime.
    pub(super) fn workers(workers: RuntimeWorkers) -> Result<Self, PressureError> {
        let kind = PressureKind::RuntimeWorkers;
        let runtime = Handle::try_current().map_err(|_| PressureError::NoRuntime(kind))?;
        let available = runtime.metrics().num_workers();
        if workers.workers as usize > available {
            return Err(PressureError::TooManyWorkers {
                kind,
                requested: workers.workers,
                available,
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

    /// Prepares to occupy committed threads of the current runtime's pool for blocking work.
    pub(super) fn blocking_pool(
        threads: u32,
        commitment: Commitment,
    ) -> Result<Self, PressureError> {
        let kind = PressureKind::BlockingPool;
        let runtime = Handle::try_current().map_err(|_| PressureError::NoRuntime(kind))?;
        Ok(Self::new(
            runtime,
            Target::BlockingPool,
            threads,
            commitment,
        ))
    }

    fn new(runtime: Handle, target: Target, requested: u32, commitment: Commitment) -> Self {
        Self {
            runtime,
            target,
            requested,
            tasks: 0,
            blocked: Arc::new(BlockedThreads::none_of(requested)),
            blocked_time: RateOfChange::with_warm_up(WARM_UP),
            recent_workers: None,
            canary: None,
            commitment,
        }
    }

    /// Spawns a task that blocks a thread; one that is still queued at the end blocks nothing.
    fn spawn_blocker(&self, state: &Arc<PressureState>) {
        let (state, blocked) = (Arc::clone(state), Arc::clone(&self.blocked));
        match self.target {
            Target::Workers { blocked_for } => {
                self.runtime.spawn(async move {
                    while let Some(registration) = state.register() {
                        let counted = blocked.count_one();
                        let outcome = state.wait(blocked_for);
                        // Not registered while it waits to run again: a starved runtime must not delay the release.
                        drop((counted, registration));
                        if outcome == WaitOutcome::Stopping {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                });
            }
            Target::BlockingPool => {
                self.runtime.spawn_blocking(move || {
                    if let Some(_registration) = state.register() {
                        let _counted = blocked.count_one();
                        while state.wait(Duration::MAX) == WaitOutcome::TimedOut {}
                    }
                });
            }
        }
    }
}

impl Load for RuntimeLoad {
    fn adjust_to(&mut self, target_share: f64, state: &Arc<PressureState>) -> Result<(), String> {
        let runtime = &self.runtime;
        let canary = self
            .canary
            .get_or_insert_with(|| runtime.spawn(std::future::pending()));
        if canary.is_finished() {
            return Err("the runtime has shut down".to_owned());
        }
        let target = (f64::from(self.requested) * target_share) as u32;
        while self.tasks < target && !state.is_stopping() {
            self.spawn_blocker(state);
            self.tasks += 1;
        }
        Ok(())
    }

    fn level(&mut self) -> f64 {
        let now = Instant::now();
        let tally = self.blocked.at(now);
        self.commitment.set_taken(tally.blocked.into());
        match self.target {
            Target::BlockingPool => f64::from(tally.blocked),
            Target::Workers { .. } => {
                let nanoseconds = tally.time.as_nanos() as u64;
                let workers = self.blocked_time.per_second(now, nanoseconds);
                // Rounded to hundredths of a worker, so that noise does not count as progress.
                self.recent_workers = workers.map(|workers| (workers / 1e7).round() / 100.0);
                self.recent_workers.unwrap_or(0.0)
            }
        }
    }

    fn sampling_interval(&self) -> Duration {
        SAMPLING_INTERVAL
    }

    fn reached_threshold(&self) -> f64 {
        match self.target {
            Target::BlockingPool => 1.0,
            Target::Workers { .. } => WORKERS_THRESHOLD,
        }
    }

    fn saturation(&self) -> Option<&'static str> {
        // A busy runtime schedules all blockers, and other tasks in between; a stuck one does not.
        let now = Instant::now();
        let all_blocked_at = self.blocked.at(now).all_blocked_at;
        let recently = all_blocked_at.is_some_and(|at| now.saturating_duration_since(at) < WINDOW);
        (self.recent_workers.is_some() && recently)
            .then_some("other tasks had the workers in between")
    }
}

impl Drop for RuntimeLoad {
    fn drop(&mut self) {
        if let Some(canary) = &self.canary {
            canary.abort();
        }
    }
}
