//! Runs a trial on the current thread, with a dedicated runtime, manager and clock.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chaos_core::ChaosManager;
use tokio::runtime::{Builder, Runtime};

use crate::placement::Placement;
use crate::report::problem::Problem;
use crate::trial::clock::VirtualClock;
use crate::trial::panics::{self, PanicLog};
use crate::trial::recorder::Recorder;
use crate::trial::remaining_tasks;
use crate::trial::result::TrialResult;
use crate::trial::thread_state::ThreadState;
use crate::trial::{TestFn, Trial, TrialConfig};

/// How long the runtime waits for blocking tasks when it shuts down, as some never end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

/// Runs a test once with faults placed.
///
/// `baseline_tasks` is the number of tasks that the test leaves running without faults; `None` stands for the baseline
/// itself.
pub(crate) fn run(
    test: &TestFn,
    config: &TrialConfig,
    placements: Vec<Placement>,
    baseline_tasks: Option<usize>,
) -> TrialResult {
    let started = Instant::now();
    let panics = PanicLog::default();
    panics.attach_to_thread();
    let clock = Arc::new(VirtualClock::default());
    let recorder = Arc::new(Recorder::new(Arc::clone(clock.outside_work())));
    let runtime = runtime(&clock, &panics);
    let chaos = ChaosManager::builder()
        .seed(config.seed)
        .witness(recorder.clone())
        .build();
    let trial = Arc::new(Trial::new(
        chaos,
        recorder,
        Arc::clone(&clock),
        panics.clone(),
        config.clone(),
        placements,
    ));
    let test_started = Instant::now();
    // After a panic only the trial's result is used.
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(test(Arc::clone(&trial)));
    }));
    let test_time = test_started.elapsed();
    let mut result = trial.take_result();
    match ended {
        Ok(()) => {
            let tasks = remaining_tasks::count(&runtime, config.clock, baseline_tasks);
            let tasks_left = tasks.saturating_sub(baseline_tasks.unwrap_or(tasks));
            if tasks_left > 0 && !result.has_failed() {
                result
                    .problems
                    .push(Problem::TasksLeft { tasks: tasks_left });
            }
            result.remaining_tasks = tasks;
            result.add_panics(panics.take());
        }
        Err(payload) => {
            let is_panic = |problem: &Problem| matches!(problem, Problem::Panicked { .. });
            // The log lacks injected panics, and resumed ones, which call no hook.
            if !result.problems.iter().any(is_panic) {
                result.add_panics(vec![panics::message(&*payload)]);
            }
            panics::dispose(payload);
        }
    }
    clock.stop();
    drop(trial);
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    result.test_time = test_time;
    result.overhead = started.elapsed().saturating_sub(test_time);
    result
}

fn runtime(clock: &Arc<VirtualClock>, panics: &PanicLog) -> Runtime {
    let thread = ThreadState::of_current();
    let (parking, unparking) = (Arc::clone(clock), Arc::clone(clock));
    let panics = panics.clone();
    Builder::new_current_thread()
        .enable_all()
        .on_thread_start(move || panics.attach_to_thread())
        .on_thread_park(move || parking.on_park(&thread))
        .on_thread_unpark(move || unparking.on_unpark())
        .build()
        .expect("the trial's runtime starts")
}
