//! The tasks that a trial leaves running.

use std::time::Duration;

use tokio::runtime::{Handle, Runtime};

use crate::trial::clock::ClockMode;

/// How often other tasks are scheduled before any time passes.
const MAX_YIELDS: u32 = 100;

/// How long tasks may take on the virtual clock to notice the end of the trial.
const VIRTUAL_WAITS: [Duration; 3] = [
    Duration::from_millis(1),
    Duration::from_secs(1),
    Duration::from_secs(59),
];

/// How long, and how often, real time passes for tasks that wait for a thread or a socket.
const REAL_WAIT: Duration = Duration::from_millis(5);
const MAX_REAL_WAITS: u32 = 200;
const MAX_REAL_WAITS_IN_BASELINE: u32 = 10;

/// Counts the tasks that still run after every task had time to end.
///
/// The count ends early at the number of tasks that the baseline left running; `None` stands for the baseline itself.
pub(crate) fn count(runtime: &Runtime, clock: ClockMode, baseline: Option<usize>) -> usize {
    let real_waits = match baseline {
        None => MAX_REAL_WAITS_IN_BASELINE,
        Some(_) => MAX_REAL_WAITS,
    };
    let expected = baseline.unwrap_or(0);
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
