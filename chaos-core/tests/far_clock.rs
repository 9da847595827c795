//! Times beyond the range of the clock are never reached, and cause no panic.

use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Condition, EndReason, Experiment, ExperimentState, Failure, Fault,
    Rate,
};
use tokio::time::{Instant, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// Moves the paused clock to this long before its last instant.
async fn advance_to_the_end_but(left: Duration) {
    let now = Instant::now();
    let mut ahead = Duration::ZERO;
    let mut step = Duration::MAX;
    while !step.is_zero() {
        let further = ahead.checked_add(step);
        ahead = further
            .filter(|further| now.checked_add(*further).is_some())
            .unwrap_or(ahead);
        step /= 2;
    }
    tokio::time::advance(ahead - left).await;
    assert!(Instant::now().checked_add(2 * left).is_none());
}

fn experiment(fault: Fault) -> Experiment {
    Experiment::new("far")
        .fault(fault)
        .blast_radius(BlastRadius::points_at("pms"))
}

#[tokio::test(start_paused = true)]
async fn an_experiment_whose_limit_is_beyond_the_clock_runs_until_its_guard_is_dropped() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    advance_to_the_end_but(60 * SECOND).await;
    let failing = Fault::error(Failure::Unavailable);
    let guard = chaos.start(experiment(failing)).unwrap();
    assert!(pms.point("reserve").await.is_err());
    tokio::time::advance(30 * SECOND).await;
    assert!(pms.point("reserve").await.is_err());
    assert_eq!(guard.ended(), None);
    let running = ExperimentState::Running {
        time_left: Duration::MAX,
    };
    assert_eq!(chaos.status()[0].state, running);
    drop(guard);
    assert!(pms.point("reserve").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_endless_hold_of_an_endless_experiment_ends_with_its_guard() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let endless = experiment(Fault::timeout(Duration::MAX)).time_limit(Duration::MAX);
    for left in [None, Some(60 * SECOND)] {
        if let Some(left) = left {
            advance_to_the_end_but(left).await;
        }
        let guard = chaos.start(endless.clone()).unwrap();
        let mut held = std::pin::pin!(pms.point("reserve"));
        assert!(timeout(SECOND, held.as_mut()).await.is_err());
        assert_eq!((guard.in_flight(), guard.ended()), (1, None));
        drop(guard);
        assert!(held.await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn conditions_judge_outcomes_near_the_end_of_the_clock() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    advance_to_the_end_but(5 * SECOND).await;
    let condition = Condition::error_rate_above(Rate::percent(50.0).unwrap())
        .at("pms")
        .over(3_600 * SECOND);
    let failing = experiment(Fault::error(Failure::Unavailable)).abort_when(condition);
    let guard = chaos.start(failing).unwrap();
    for _ in 0..1_000 {
        let reply: Result<(), std::io::Error> = pms.around("reserve", async { Ok(()) }).await;
        if reply.is_ok() {
            break;
        }
        tokio::time::advance(SECOND / 1_000).await;
    }
    assert!(matches!(guard.ended(), Some(EndReason::Aborted(_))));
}
