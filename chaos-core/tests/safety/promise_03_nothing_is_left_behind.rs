//! 3. Dropping a future at any poll, or a panic in user code, leaves no permit, count or lock behind.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Experiment, ExperimentGuard, Fault, InjectedFault, Phase, Site,
};
use tokio::time::advance;

use crate::asking::{REAL, call, poll, slow_call};
use crate::experiments::{PMS, failing};

const HOLD: Duration = Duration::from_secs(10);

/// Admits one operation at a time: without the return of its permit, no other is admitted.
fn one_at_a_time(fault: Fault) -> Experiment {
    Experiment::new("one at a time")
        .fault(fault)
        .blast_radius(BlastRadius::points_at(PMS).concurrent(1))
}

/// Asserts that everything was given back: no operation is under a fault, and the cap is free.
async fn assert_given_back(site: &Site, guard: &ExperimentGuard) {
    assert_eq!(guard.in_flight(), 0);
    let before = guard.injected();
    let again = tokio::spawn({
        let site = site.clone();
        async move { call(&site).await }
    });
    guard.wait_for(before + 1).await.unwrap();
    let _ = again.await;
    assert_eq!(guard.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_point_may_be_dropped_at_any_poll() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(one_at_a_time(Fault::timeout(HOLD))).unwrap();
    let mut finished = 0;
    for polls in 0..5 {
        let mut point = Box::pin(pms.point("reserve"));
        for _ in 0..polls {
            if poll(point.as_mut()).is_ready() {
                finished += 1;
                break;
            }
            assert_eq!(guard.in_flight(), 1);
            advance(HOLD / 2).await;
        }
        drop(point);
        assert_given_back(&pms, &guard).await;
    }
    assert!(finished > 0, "every poll was covered");
}

#[tokio::test(start_paused = true)]
async fn a_call_may_be_dropped_at_any_poll() {
    for phase in [Phase::Before, Phase::After] {
        for fault in [Fault::timeout(HOLD), Fault::latency(HOLD)] {
            let chaos = ChaosManager::new();
            let pms = chaos.site(PMS);
            let guard = chaos.start(one_at_a_time(fault).phase(phase)).unwrap();
            let (mut held, mut finished) = (0, 0);
            for polls in 0..8 {
                let mut around = Box::pin(pms.around("reserve", slow_call(2)));
                for _ in 0..polls {
                    if poll(around.as_mut()).is_ready() {
                        finished += 1;
                        break;
                    }
                    held += guard.in_flight();
                    advance(HOLD / 2).await;
                }
                drop(around);
                assert_eq!(guard.in_flight(), 0, "{phase:?}, {polls} polls");
                let mut next = Box::pin(pms.around("reserve", slow_call(0)));
                assert!(poll(next.as_mut()).is_pending(), "the cap is free");
                assert_eq!(guard.in_flight(), 1);
            }
            assert!(held > 0 && finished > 0, "every poll was covered");
        }
    }
}

#[tokio::test]
async fn a_runtime_may_be_dropped_while_operations_are_held() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(one_at_a_time(Fault::timeout(HOLD))).unwrap();
    let task = tokio::spawn({
        let pms = pms.clone();
        async move { call(&pms).await }
    });
    guard.wait_for(1).await.unwrap();
    assert_eq!(guard.in_flight(), 1);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(guard.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_beside_a_held_operation_returns_its_permit() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(one_at_a_time(Fault::timeout(HOLD))).unwrap();
    let task = tokio::spawn({
        let pms = pms.clone();
        async move { tokio::join!(call(&pms), async { panic!("in user code") }).0 }
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(guard.injected(), 1);
    assert_given_back(&pms, &guard).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_call_leaves_nothing_behind() {
    for phase in [Phase::Before, Phase::After] {
        let chaos = ChaosManager::new();
        let pms = chaos.site(PMS);
        let guard = chaos
            .start(one_at_a_time(Fault::latency(HOLD)).phase(phase))
            .unwrap();
        let task = tokio::spawn({
            let pms = pms.clone();
            async move {
                let panics = async { panic!("in user code") };
                pms.around::<_, u32, io::Error>("reserve", panics).await
            }
        });
        assert!(task.await.unwrap_err().is_panic());
        assert_given_back(&pms, &guard).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_error_conversion_leaves_nothing_behind() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(one_at_a_time(Fault::timeout(HOLD))).unwrap();
    let task = tokio::spawn({
        let pms = pms.clone();
        async move {
            let panics = |_: InjectedFault| -> io::Error { panic!("in user code") };
            pms.around_with("reserve", async { Ok(REAL) }, panics).await
        }
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_given_back(&pms, &guard).await;
}

#[test]
fn an_injected_panic_leaves_nothing_behind() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(one_at_a_time(Fault::Panic)).unwrap();
    for nth in 1..=3 {
        let caught = catch_unwind(AssertUnwindSafe(|| pms.point_blocking("reserve")));
        assert!(caught.is_err(), "the cap is free each time");
        assert_eq!((guard.injected(), guard.in_flight()), (nth, 0));
    }
}

#[tokio::test]
async fn panics_poison_no_lock() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(one_at_a_time(Fault::Panic)).unwrap();
    guard.on_end(|| panic!("in an undo"));
    assert!(catch_unwind(AssertUnwindSafe(|| pms.point_blocking("reserve"))).is_err());
    drop(guard);
    let next = chaos.start(failing("next")).unwrap();
    assert!(call(&pms).await.is_err());
    assert_eq!(next.injected(), 1);
    assert!(!chaos.journal().is_empty() && !chaos.status().is_empty());
    chaos.halt();
    chaos.halted().await;
}
