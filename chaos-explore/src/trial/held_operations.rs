//! Operations that a fault still holds when the act ends.

use std::time::Duration;

use chaos_core::ExperimentGuard;
use tokio::time::Instant;

use crate::trial::settle::{Settled, sleep_within};

/// How long a held operation gets to end by its caller's own limit, on the virtual clock.
///
/// It is as long as tasks get to end after the test.
pub(super) const LONGEST_LIMIT: Duration = Duration::from_secs(600);

/// The first step of the virtual clock, which doubles up to the second one.
const FIRST_STEP: Duration = Duration::from_millis(1);
const LONGEST_STEP: Duration = Duration::from_secs(1);

/// How long every timer is met. Later on, the clock skips those within a step, as tasks with short intervals have many.
const STEPWISE: Duration = Duration::from_secs(60);
const SKIPPING_STEP: Duration = Duration::from_secs(30);

/// The limit of the wait in real time, as each step of the clock may wait for the peers of other calls.
const REAL_LIMIT: Duration = Duration::from_secs(10);

/// Waits until the faults hold no operation, or until the callers have had enough time for their own limits.
pub(super) async fn wait_for_limits(holds: &[&ExperimentGuard]) {
    let is_any_held = || holds.iter().any(|hold| hold.in_flight() > 0);
    let started = Instant::now();
    let started_in_real_time = std::time::Instant::now();
    let mut step = FIRST_STEP;
    while is_any_held() && started.elapsed() < LONGEST_LIMIT {
        if started.elapsed() >= STEPWISE {
            tokio::time::advance(SKIPPING_STEP).await;
            step = FIRST_STEP;
        }
        let left = REAL_LIMIT.saturating_sub(started_in_real_time.elapsed());
        if sleep_within(step, left).await == Settled::OutOfTime {
            return;
        }
        step = (step * 2).min(LONGEST_STEP);
    }
}
