//! One execution of a test: its world, its act with faults injected, and the verification.

pub(crate) mod clock;
mod held_operations;
pub(crate) mod operation_names;
mod other_threads;
pub(crate) mod outside_work;
pub(crate) mod panics;
pub(crate) mod placed_fault;
pub(crate) mod purpose;
pub(crate) mod recorded_operation;
pub(crate) mod recorder;
pub(crate) mod remaining_tasks;
pub(crate) mod result;
pub(crate) mod run;
mod settle;
mod thread_state;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chaos_core::{ChaosManager, ExperimentGuard, Scope};
use tokio::time::Instant;

use crate::placement::Placement;
use crate::report::problem::{Problem, TestPart};
use crate::report::site_failures::SiteFailures;
use crate::trial::clock::{ClockMode, VirtualClock};
use crate::trial::held_operations::{LONGEST_LIMIT, wait_for_limits};
use crate::trial::operation_names::OperationNames;
use crate::trial::panics::{PanicLog, PanicsOfTasks};
use crate::trial::placed_fault::PlacedFault;
use crate::trial::purpose::Purpose;
use crate::trial::recorder::{Recorder, TEST_REQUEST};
use crate::trial::remaining_tasks::RemainingTasks;
use crate::trial::result::TrialResult;
use crate::trial::settle::{Settled, settle_other_tasks};

/// A future that stays on the trial's thread.
pub(crate) type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The test: creates a world, acts in it, and verifies.
pub(crate) type TestFn = Arc<dyn Fn(Arc<Trial>) -> LocalFuture<'static, ()> + Send + Sync>;

/// The configuration of every trial of an exploration.
#[derive(Debug, Clone)]
pub(crate) struct TrialConfig {
    pub(crate) seed: u64,
    pub(crate) clock: ClockMode,
    pub(crate) act_limit: Duration,
    pub(crate) verify_limit: Duration,
    pub(crate) names: Arc<OperationNames>,
    pub(crate) remaining_tasks: RemainingTasks,
    pub(crate) panics_of_tasks: PanicsOfTasks,
}

/// One execution of a test.
pub(crate) struct Trial {
    chaos: ChaosManager,
    recorder: Arc<Recorder>,
    clock: Arc<VirtualClock>,
    panics: PanicLog,
    config: TrialConfig,
    purpose: Purpose,
    placements: Vec<Placement>,
    result: Mutex<TrialResult>,
}

impl Trial {
    pub(crate) fn new(
        chaos: ChaosManager,
        recorder: Arc<Recorder>,
        clock: Arc<VirtualClock>,
        panics: PanicLog,
        config: TrialConfig,
        purpose: Purpose,
        placements: Vec<Placement>,
    ) -> Self {
        Self {
            chaos,
            recorder,
            clock,
            panics,
            config,
            purpose,
            placements,
            result: Mutex::new(TrialResult::new()),
        }
    }

    pub(crate) fn chaos(&self) -> ChaosManager {
        self.chaos.clone()
    }

    /// Runs the act with the trial's faults injected; returns `None` if the act exceeds its time limit.
    pub(crate) async fn act<R: Debug>(&self, act: impl Future<Output = R>) -> Option<R> {
        if self.config.clock == ClockMode::Virtual {
            self.clock.start();
        }
        self.update(|result| {
            result.add_panics(self.panics.take());
            result.last_part = TestPart::Act;
        });
        let (guards, placed_faults): (Vec<_>, _) = self.start_faults().unzip();
        self.recorder.start(placed_faults);
        let is_baseline = self.purpose.is_baseline();
        let outcomes = is_baseline.then(|| self.chaos.watch_outcomes());
        let limit = self.config.act_limit;
        let scope = Scope::new(TEST_REQUEST);
        let started = Instant::now();
        let reply = tokio::time::timeout(limit, scope.enter(act)).await;
        let act_took = started.elapsed();
        let are_held = guards.iter().any(|guard| guard.in_flight() > 0);
        let settled = match self.config.clock {
            ClockMode::Virtual if are_held => settle_other_tasks().await,
            ClockMode::Virtual | ClockMode::Real => Settled::Quiet,
        };
        let (trace, unrecorded) = self.recorder.stop();
        let failures = outcomes.map(|watch| SiteFailures::all_of(watch.outcomes()));
        let injected = guards.iter().map(ExperimentGuard::injected).collect();
        let unlimited = match (&reply, settled) {
            (Ok(_), Settled::Quiet) => self.end_faults(guards).await,
            _ => {
                drop(guards);
                None
            }
        };
        self.update(|result| {
            result.add_panics(self.panics.take());
            result.problems.extend(unlimited);
            (result.trace, result.unrecorded) = (trace, unrecorded);
            result.injected = injected;
            result.failures = failures.unwrap_or_default();
            result.act_took = act_took;
            self.add_virtual_time(result, act_took);
            result.last_part = TestPart::Verify;
            match &reply {
                Ok(reply) => result.reply = Some(format!("{reply:?}")),
                Err(_) => result.problems.push(Problem::Overdue {
                    part: TestPart::Act,
                    after: limit,
                }),
            }
        });
        if self.purpose == Purpose::SettledBaseline {
            self.recorder.expect_late_operations();
            tokio::time::sleep(self.config.clock.settling_time()).await;
            self.recorder.ignore();
        }
        reply.ok()
    }

    /// Ends outages at once, and holds when callers have had the time for their own limits.
    ///
    /// Returns the problem that callers wait without a limit.
    async fn end_faults(&self, guards: Vec<ExperimentGuard>) -> Option<Problem> {
        let guards = self.placements.iter().zip(guards);
        let (holds, outages): (Vec<_>, Vec<_>) =
            guards.partition(|(placement, _)| placement.fault_case.is_hold());
        drop(outages);
        if self.config.clock == ClockMode::Real
            || self.config.remaining_tasks == RemainingTasks::Allowed
        {
            return None;
        }
        let started = Instant::now();
        let guards: Vec<_> = holds.iter().map(|(_, guard)| guard).collect();
        wait_for_limits(&guards).await;
        let waited = started.elapsed();
        self.update(|result| self.add_virtual_time(result, waited));
        if waited < LONGEST_LIMIT {
            return None;
        }
        let held = holds.iter().filter(|(_, guard)| guard.in_flight() > 0);
        let operations: Vec<_> = held
            .map(|(placement, _)| placement.operation.to_string())
            .collect();
        (!operations.is_empty()).then_some(Problem::WaitsWithoutLimit { operations })
    }

    /// Runs the verification, without faults.
    pub(crate) async fn verify(&self, verify: impl Future<Output = ()>) {
        let limit = self.config.verify_limit;
        let started = Instant::now();
        let _time = OnDrop(|| {
            self.update(|result| self.add_virtual_time(result, started.elapsed()));
        });
        if tokio::time::timeout(limit, verify).await.is_err() {
            self.update(|result| {
                result.add_panics(self.panics.take());
                result.problems.push(Problem::Overdue {
                    part: TestPart::Verify,
                    after: limit,
                });
            });
        }
    }

    /// Takes the observations so far.
    pub(crate) fn take_result(&self) -> TrialResult {
        self.update(|result| {
            result.add_panics(self.panics.take());
            // An act that panicked did not stop the recorder.
            if result.last_part == TestPart::Act {
                (result.trace, result.unrecorded) = self.recorder.stop();
            }
            std::mem::replace(result, TrialResult::new())
        })
    }

    fn add_virtual_time(&self, result: &mut TrialResult, time: Duration) {
        if self.config.clock == ClockMode::Virtual {
            result.virtual_time += time;
        }
    }

    fn update<R>(&self, update: impl FnOnce(&mut TrialResult) -> R) -> R {
        update(&mut self.result.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn start_faults(&self) -> impl Iterator<Item = (ExperimentGuard, PlacedFault)> {
        // The act ends first, even when its own limit is zero, and so do the callers whose operations are held.
        let time_limit = self.config.act_limit.saturating_mul(2);
        let time_limit = time_limit.saturating_add(LONGEST_LIMIT * 2);
        self.placements
            .iter()
            .map(move |placement| PlacedFault::start(&self.chaos, placement, time_limit))
    }
}

/// Calls a function when it is dropped, also by a panic.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
