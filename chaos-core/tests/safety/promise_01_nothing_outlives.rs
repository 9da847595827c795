//! 1. No fault outlives its guard, its time limit, its experiment or its manager.

use std::time::{Duration, SystemTime};

use chaos_core::{ChaosManager, DEFAULT_TIME_LIMIT, EndReason, Error, Fault};
use tokio::time::{Instant, advance};

use crate::asking::{REAL, call, gets_through};
use crate::experiments::{HOUR, PMS, end_of, failing, holding, is_ended, striking};
use crate::patience::wait_until;

const MINUTE: Duration = Duration::from_secs(60);
const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test]
async fn no_fault_outlives_its_guard() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(failing("down")).unwrap();
    assert!(!gets_through(&pms).await);
    drop(guard);
    assert!(gets_through(&pms).await);
    assert_eq!(end_of(&chaos, "down"), Some(EndReason::Dropped));
    assert!(pms.needs().is_none());
}

#[tokio::test(start_paused = true)]
async fn no_fault_outlives_its_time_limit_in_virtual_time() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(failing("down").time_limit(MINUTE)).unwrap();
    advance(MINUTE - MILLISECOND).await;
    assert!(!gets_through(&pms).await);
    advance(MILLISECOND).await;
    assert!(gets_through(&pms).await);
    assert_eq!(guard.ended(), Some(&EndReason::TimeLimit));
    assert_eq!(guard.injected(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_the_time_limit_in_virtual_time() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(failing("down").time_limit(HOUR)).unwrap();
    let start = Instant::now();
    let (one, two, ()) = tokio::join!(guard.wait_for(1), guard.wait_for(2), async {
        tokio::time::sleep(MINUTE).await;
        assert!(!gets_through(&pms).await);
    });
    assert!(one.is_ok(), "{one:?}");
    let reason = match two {
        Err(Error::Ended { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason, EndReason::TimeLimit);
    assert_eq!(start.elapsed(), HOUR);
}

#[tokio::test(start_paused = true)]
async fn a_fault_decided_before_the_limit_is_not_injected_after_it() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(failing("down").time_limit(MINUTE)).unwrap();
    let decided = pms.point("reserve");
    advance(MINUTE).await;
    assert!(decided.await.is_ok());
    assert_eq!(guard.injected(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_held_operation_goes_on_to_the_real_call_at_the_limit() {
    for fault in [Fault::latency(HOUR), Fault::timeout(HOUR)] {
        let chaos = ChaosManager::new();
        let pms = chaos.site(PMS);
        let guard = chaos
            .start(striking("held", fault).time_limit(MINUTE))
            .unwrap();
        let start = Instant::now();
        assert_eq!(call(&pms).await.unwrap(), REAL);
        assert_eq!(start.elapsed(), MINUTE);
        assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
    }
}

#[test]
fn the_time_limit_is_kept_in_real_time_without_operations() {
    let chaos = ChaosManager::new();
    let limit = Duration::from_millis(50);
    let start = std::time::Instant::now();
    let guard = chaos.start(failing("down").time_limit(limit)).unwrap();
    wait_until("ended by the guardian", || {
        is_ended(&guard, &EndReason::TimeLimit)
    });
    assert!(start.elapsed() >= limit);
}

#[tokio::test]
async fn a_held_operation_is_released_at_the_limit_in_real_time() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let limit = Duration::from_millis(50);
    let guard = chaos.start(holding("held").time_limit(limit)).unwrap();
    let reply = tokio::time::timeout(Duration::from_secs(5), call(&pms)).await;
    assert_eq!(reply.expect("released").unwrap(), REAL);
    assert_eq!(guard.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn no_fault_outlives_its_absolute_end() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let end = SystemTime::now() + Duration::from_secs(60);
    let guard = chaos
        .start(failing("down").until(end).time_limit(HOUR))
        .unwrap();
    advance(MINUTE / 2).await;
    assert!(!gets_through(&pms).await);
    advance(MINUTE / 2).await;
    assert!(gets_through(&pms).await);
    assert_eq!(guard.ended(), Some(&EndReason::TimeLimit));
}

#[test]
fn an_experiment_whose_end_has_passed_is_refused() {
    let chaos = ChaosManager::new();
    let past = SystemTime::now() - Duration::from_secs(1);
    let refused = chaos.start(failing("down").until(past));
    assert!(matches!(refused, Err(Error::Over { .. })), "{refused:?}");
}

#[tokio::test]
async fn no_fault_outlives_a_stop_by_name() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(failing("down")).unwrap();
    let other = chaos.start(failing("other")).unwrap();
    chaos.stop("down").unwrap();
    assert_eq!(
        guard.ended(),
        Some(&EndReason::Stopped(chaos_core::Actor::Code.into()))
    );
    assert!(
        !gets_through(&pms).await,
        "the other experiment is still running"
    );
    drop(other);
    assert!(gets_through(&pms).await);
    let again = chaos.stop("down");
    assert!(matches!(again, Err(Error::NotRunning { .. })), "{again:?}");
}

#[tokio::test]
async fn no_fault_outlives_its_manager_even_if_its_guard_does() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(holding("held")).unwrap();
    let held = tokio::spawn({
        let pms = pms.clone();
        async move { call(&pms).await }
    });
    guard.wait_for(1).await.unwrap();
    let clone = chaos.clone();
    drop(chaos);
    assert_eq!(guard.ended(), None, "a clone is the same manager");
    drop(clone);
    assert_eq!(guard.ended(), Some(&EndReason::ManagerDropped));
    assert_eq!(held.await.unwrap().unwrap(), REAL);
    assert!(gets_through(&pms).await);
}

#[tokio::test(start_paused = true)]
async fn a_detached_experiment_runs_until_its_limit() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    chaos
        .start(failing("down").time_limit(MINUTE))
        .unwrap()
        .detach();
    advance(MINUTE - MILLISECOND).await;
    assert!(!gets_through(&pms).await);
    advance(MILLISECOND).await;
    assert!(gets_through(&pms).await);
}

#[tokio::test(start_paused = true)]
async fn the_limit_defaults_to_five_minutes() {
    assert_eq!(DEFAULT_TIME_LIMIT, 5 * MINUTE);
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let _guard = chaos.start(failing("down")).unwrap();
    advance(5 * MINUTE - MILLISECOND).await;
    assert!(!gets_through(&pms).await);
    advance(MILLISECOND).await;
    assert!(gets_through(&pms).await);
}
