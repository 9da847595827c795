//! One run, on a thread and a runtime of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::clock::Time;
use crate::clock::VirtualClock;
use crate::panics::{self, Panics};
use crate::placement::Placement;
use crate::problem::Problem;
use crate::recorder::{Meeting, Recorder};
use crate::thread_state::ThreadState;
use crate::trial::{Body, Manner, Trial};
use chaos_core::ChaosManager;

/// What came of a run.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    pub(crate) trace: Arc<[Meeting]>,
    /// How many operations were met beyond those of the trace.
    pub(crate) beyond: usize,
    pub(crate) reply: Option<String>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) injected: Vec<u64>,
    pub(crate) tasks_left: usize,
    pub(crate) body_time: Duration,
    pub(crate) own_time: Duration,
}

/// How long tasks may take to notice, on the run's clock, that everything is over.
const WINDING_UP: [Duration; 3] = [
    Duration::from_millis(1),
    Duration::from_secs(1),
    Duration::from_secs(59),
];

/// How often tasks are let in before any time passes.
const TURNS: u32 = 100;

/// How long, and how often, tasks are waited for that wait for a thread or a socket themselves.
const REAL_WAIT: Duration = Duration::from_millis(5);
const MOST_WAITS: u32 = 200;
const WAITS_WITHOUT_FAULTS: u32 = 10;

/// Runs a test once, with faults placed; `tasks_usual` are left running without any.
pub(crate) fn run(
    body: &Body,
    manner: &Manner,
    placements: Vec<Placement>,
    tasks_usual: Option<usize>,
) -> Ran {
    let started = Instant::now();
    let panics = Panics::default();
    panics.note_here();
    let clock = Arc::new(VirtualClock::default());
    let recorder = Arc::new(Recorder::new(Arc::clone(clock.works())));
    let runtime = runtime(&clock, &panics);
    let chaos = ChaosManager::builder()
        .seed(manner.seed)
        .witness(recorder.clone())
        .build();
    let trial = Arc::new(Trial::new(
        chaos,
        recorder,
        Arc::clone(&clock),
        panics.clone(),
        manner.clone(),
        placements,
    ));
    let body_started = Instant::now();
    // Nothing of the run is used again but what was seen of it.
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(body(Arc::clone(&trial)));
    }));
    let body_time = body_started.elapsed();
    let mut seen = trial.take_seen();
    let mut tasks_left = 0;
    if let Err(payload) = ended {
        let noted = |problem: &Problem| matches!(problem, Problem::Panicked { .. });
        // What was injected is not noted, nor is what no hook is told of.
        if !seen.problems.iter().any(noted) {
            seen.problems.push(Problem::Panicked {
                part: seen.part,
                message: panics::said(&*payload),
            });
        }
    } else {
        tasks_left = count_tasks_left(&runtime, manner.time, tasks_usual);
        let more = tasks_left.saturating_sub(tasks_usual.unwrap_or(tasks_left));
        if more > 0 && seen.problems.is_empty() {
            seen.problems.push(Problem::TasksLeft { tasks: more });
        }
        seen.note(panics.take());
    }
    clock.disengage();
    drop(trial);
    // A blocking task that never ends must not hold up the others' runs.
    runtime.shutdown_timeout(Duration::from_millis(500));
    Ran {
        trace: seen.trace.into(),
        beyond: seen.beyond,
        reply: seen.reply,
        problems: seen.problems,
        injected: seen.injected,
        tasks_left,
        body_time,
        own_time: started.elapsed().saturating_sub(body_time),
    }
}

fn runtime(clock: &Arc<VirtualClock>, panics: &Panics) -> Runtime {
    let thread = ThreadState::this_thread();
    let (falling, waking) = (Arc::clone(clock), Arc::clone(clock));
    let panics = panics.clone();
    Builder::new_current_thread()
        .enable_all()
        .on_thread_start(move || panics.note_here())
        .on_thread_park(move || falling.falls_asleep(&thread))
        .on_thread_unpark(move || waking.wakes_up())
        .build()
        .expect("a runtime for a run")
}

/// Counts the tasks that are left once the world is gone and all had time to notice.
fn count_tasks_left(runtime: &Runtime, time: Time, usual: Option<usize>) -> usize {
    let real_waits = match usual {
        None => WAITS_WITHOUT_FAULTS,
        Some(_) => MOST_WAITS,
    };
    let usual = usual.unwrap_or(0);
    runtime.block_on(async {
        let tasks = || Handle::current().metrics().num_alive_tasks();
        // Most only have to be let in once more, which is far cheaper than to have the clock jump.
        for _ in 0..TURNS {
            if tasks() <= usual {
                break;
            }
            tokio::task::yield_now().await;
        }
        if time == Time::Virtual {
            for time_given in WINDING_UP {
                if tasks() <= usual {
                    break;
                }
                tokio::time::sleep(time_given).await;
            }
        }
        for _ in 0..real_waits {
            if tasks() <= usual {
                break;
            }
            // In a thread, so that the clock stands, and what tasks may wait for has time to come.
            let waited = tokio::task::spawn_blocking(|| std::thread::sleep(REAL_WAIT));
            let _ = waited.await;
        }
        tasks()
    })
}
