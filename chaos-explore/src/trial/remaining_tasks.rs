//! The tasks that a trial leaves running.

use std::time::Duration;

use tokio::runtime::{Handle, Runtime};

use crate::trial::clock::ClockMode;
use crate::trial::purpose::Purpose;

/// Whether tasks that a trial leaves running are a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RemainingTasks {
    Reported,
    Allowed,
}

/// How often other tasks are scheduled before any time passes.
const MAX_YIELDS: u32 = 100;

/// How long tasks may take on the virtual clock to notice the end of the trial, timer by timer.
const VIRTUAL_WAITS: [Duration; 3] = [
    Duration::from_millis(1),
    Duration::from_secs(1),
    Duration::from_secs(59),
];

/// The steps of the virtual clock after that, up to 10 minutes: longer than clients keep idle connections.
///
/// A step skips timers in between. Otherwise a task with a short interval would take thousands of jumps.
const VIRTUAL_STEP: Duration = Duration::from_secs(30);
const VIRTUAL_STEPS: u32 = 18;

/// How long, and how often, real time passes for tasks that wait for a thread or a socket.
const REAL_WAIT: Duration = Duration::from_millis(5);
const MAX_REAL_WAITS: u32 = 200;
const MAX_REAL_WAITS_IN_BASELINE: u32 = 10;

/// Counts the tasks that still run after every task had time to end.
///
/// The count ends early at the number of tasks that the baseline left running.
pub(crate) fn count(runtime: &Runtime, clock: ClockMode, purpose: Purpose) -> usize {
    let (expected, real_waits) = match purpose {
        Purpose::Baseline | Purpose::SettledBaseline => (0, MAX_REAL_WAITS_IN_BASELINE),
        Purpose::Faults(baseline) => (baseline.remaining_tasks, MAX_REAL_WAITS),
    };
    runtime.block_on(async {
        let tasks = || Handle::current().metrics().num_alive_tasks();
        // Most tasks end once they are scheduled, which is far cheaper than a jump of the clock.
        for _ in 0..MAX_YIELDS {
            if tasks() <= expected {
                break;
            }
            tokio::task::yield_now().await;
        }
        if clock == ClockMode::Virtual {
            for wait in VIRTUAL_WAITS {
                if tasks() <= expected {
                    break;
                }
                tokio::time::sleep(wait).await;
            }
            for _ in 0..VIRTUAL_STEPS {
                if tasks() <= expected {
                    break;
                }
                tokio::time::advance(VIRTUAL_STEP).await;
                // Ends once no task has anything left to do.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        for _ in 0..real_waits {
            if tasks() <= expected {
                break;
            }
            // A blocking task keeps the virtual clock still while real time passes.
            let waited = tokio::task::spawn_blocking(|| std::thread::sleep(REAL_WAIT));
            let _ = waited.await;
        }
        tasks()
    })
}
