//! Runs a trial on the current thread, with a dedicated runtime, manager and clock.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use chaos_core::ChaosManager;
use tokio::runtime::{Builder, Runtime};

use crate::placement::Placement;
use crate::report::problem::Problem;
use crate::trial::clock::{ClockMode, VirtualClock};
use crate::trial::other_threads::TrialThread;
use crate::trial::panics::{self, LoggedPanic, Origin, PanicLog};
use crate::trial::purpose::Purpose;
use crate::trial::recorder::Recorder;
use crate::trial::remaining_tasks::{self, RemainingTasks};
use crate::trial::result::TrialResult;
use crate::trial::thread_state::ThreadState;
use crate::trial::{TestFn, Trial, TrialConfig};

thread_local! {
    /// Keeps a blocking thread registered while it runs.
    static BLOCKING_THREAD: Cell<Option<TrialThread>> = const { Cell::new(None) };
}

/// How long the runtime waits for blocking tasks when it shuts down, as some never end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

/// Runs a test once with faults placed; `shown` gets the recorder, which shows what a trial does that is stuck.
pub(crate) fn run(
    test: &TestFn,
    config: &TrialConfig,
    placements: Vec<Placement>,
    purpose: Purpose,
    shown: &OnceLock<Arc<Recorder>>,
) -> TrialResult {
    let started = Instant::now();
    let _thread = TrialThread::register();
    let panics = PanicLog::new(config.panics_of_tasks);
    panics.attach_to_thread();
    let clock = Arc::new(VirtualClock::new(purpose));
    let recorder = Arc::new(Recorder::new(
        Arc::clone(clock.outside_work()),
        Arc::clone(&config.names),
    ));
    shown.get_or_init(|| Arc::clone(&recorder));
    let runtime = runtime(&clock, &panics);
    let chaos = ChaosManager::builder()
        .seed(config.seed)
        .witness(recorder.clone())
        .build();
    let trial = Arc::new(Trial::new(
        chaos,
        Arc::clone(&recorder),
        Arc::clone(&clock),
        panics.clone(),
        config.clone(),
        purpose,
        placements,
    ));
    let test_started = Instant::now();
    // After a panic only the trial's result is used.
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(test(Arc::clone(&trial)));
    }));
    let test_time = test_started.elapsed();
    let mut result = trial.take_result();
    if config.clock == ClockMode::Virtual {
        result.unanswered = clock.outside_work().take_unanswered();
    }
    if purpose.is_baseline() {
        let sites = trial.chaos().sites();
        result.services = sites.into_iter().map(|site| site.service).collect();
    }
    result.longest_call = clock.outside_work().longest_call();
    match ended {
        Ok(()) => {
            if config.remaining_tasks == RemainingTasks::Reported || purpose.is_baseline() {
                recorder.expect_late_operations();
                result.remaining_tasks = remaining_tasks::count(&runtime, config.clock, purpose);
                result.late = recorder.take_late();
            }
            let tasks_left = match purpose {
                Purpose::Faults(baseline) => {
                    let expected = baseline.remaining_tasks;
                    result.remaining_tasks.saturating_sub(expected)
                }
                Purpose::Baseline | Purpose::SettledBaseline => 0,
            };
            if tasks_left > 0 && !result.has_failed() {
                let operations = recorder.last_operations_of_tasks();
                result.problems.push(Problem::TasksLeft {
                    tasks: tasks_left,
                    last_operations: operations.iter().map(ToString::to_string).collect(),
                });
            }
            result.add_panics(panics.take());
        }
        Err(payload) => {
            let is_panic = |problem: &Problem| matches!(problem, Problem::Panicked { .. });
            // The log lacks injected panics, and resumed ones, which call no hook.
            if !result.problems.iter().any(is_panic) {
                result.add_panics(vec![LoggedPanic {
                    message: panics::message(&*payload),
                    origin: Origin::Test,
                }]);
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
        .on_thread_start(move || {
            panics.attach_to_thread();
            BLOCKING_THREAD.set(Some(TrialThread::register()));
        })
        .on_thread_stop(|| BLOCKING_THREAD.set(None))
        .on_thread_park(move || parking.on_park(&thread))
        .on_thread_unpark(move || unparking.on_unpark())
        .build()
        .expect("the trial's runtime starts")
}
