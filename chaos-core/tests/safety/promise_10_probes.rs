//! 10. A user-defined probe aborts an experiment when it fails, hangs or blocks its thread.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use chaos_core::{ChaosManager, ChaosManagerBuilder, Condition, EndReason, Error, ExperimentGuard};

use crate::experiments::{failing, journalled_end};
use crate::patience::wait_until;

const SOON: Duration = Duration::from_millis(10);

fn manager() -> ChaosManagerBuilder {
    ChaosManager::builder().check_conditions_every(SOON)
}

fn probed(chaos: &ChaosManager, condition: Condition) -> ExperimentGuard {
    chaos
        .start(failing("probed").abort_when(condition))
        .unwrap()
}

fn inventory() -> Condition {
    Condition::probe("inventory").every(SOON)
}

#[track_caller]
fn assert_aborts(chaos: &ChaosManager, guard: &ExperimentGuard, why: &str) {
    wait_until("aborted", || guard.ended().is_some());
    let Some(EndReason::Aborted(reason)) = guard.ended() else {
        panic!("not aborted: {:?}", guard.ended());
    };
    assert!(reason.contains("probe inventory fails"), "{reason}");
    assert!(reason.contains(why), "{reason}");
    wait_until("journalled", || journalled_end(chaos, "probed").is_some());
    assert_eq!(journalled_end(chaos, "probed").as_ref(), guard.ended());
}

#[test]
fn a_failing_probe_aborts_with_its_error() {
    let runs = Arc::new(AtomicU32::new(0));
    let chaos = manager()
        .probe("inventory", {
            let runs = Arc::clone(&runs);
            move || {
                let nth = runs.fetch_add(1, Ordering::Relaxed);
                async move {
                    match nth {
                        0..3 => Ok(()),
                        _ => Err("three rooms sold twice"),
                    }
                }
            }
        })
        .build();
    let guard = probed(&chaos, inventory());
    assert_aborts(&chaos, &guard, "three rooms sold twice");
    assert!(runs.load(Ordering::Relaxed) >= 4, "it ran until it failed");
}

#[test]
fn a_long_error_of_a_probe_is_cut() {
    let chaos = manager()
        .probe("inventory", || async { Err::<(), _>("e".repeat(60_000)) })
        .build();
    let guard = probed(&chaos, inventory());
    assert_aborts(&chaos, &guard, &("e".repeat(509) + "…"));
    let reason = guard.ended().map(ToString::to_string);
    assert!(reason.is_some_and(|reason| reason.len() < 1_000));
}

#[test]
fn a_hanging_probe_aborts() {
    let chaos = manager()
        .probe("inventory", std::future::pending::<Result<(), String>>)
        .build();
    let guard = probed(&chaos, inventory().deadline(SOON));
    assert_aborts(&chaos, &guard, "no answer within");
}

#[test]
fn a_blocking_probe_aborts() {
    let released = Arc::new(AtomicBool::new(false));
    let chaos = manager()
        .probe("inventory", {
            let released = Arc::clone(&released);
            move || {
                let released = Arc::clone(&released);
                async move {
                    while !released.load(Ordering::Acquire) {
                        std::thread::yield_now();
                    }
                    Ok::<(), String>(())
                }
            }
        })
        .build();
    let guard = probed(&chaos, inventory().deadline(SOON));
    assert_aborts(&chaos, &guard, "no answer within");

    let start = || chaos.start(failing("next").abort_when(inventory()));
    let refused = start().unwrap_err();
    assert!(matches!(refused, Error::ProbeHangs { .. }), "{refused}");
    drop(chaos.start(failing("without a probe")).unwrap());
    released.store(true, Ordering::Release);
    wait_until("it starts again", || start().is_ok());
}

#[test]
fn a_blocked_probe_hangs_whatever_its_deadline() {
    let (begun, has_begun) = channel();
    let (release, until) = channel::<()>();
    let until = std::sync::Mutex::new(until);
    let chaos = manager()
        .probe("inventory", move || {
            let _ = begun.send(());
            let _ = until.lock().unwrap().recv();
            ready(Ok::<(), String>(()))
        })
        .build();
    let guard = probed(&chaos, inventory().deadline(Duration::MAX));
    has_begun.recv().unwrap();
    let start = || chaos.start(failing("next").abort_when(inventory()));
    let beside = start().expect("the experiment still runs");
    drop((guard, beside));
    assert!(matches!(start(), Err(Error::ProbeHangs { .. })));
    drop(release);
    wait_until("it starts again", || start().is_ok());
}

#[test]
fn a_probe_that_leaves_a_blocked_thread_behind_hangs() {
    let (release, until) = channel::<()>();
    let until = std::sync::Mutex::new(Some(until));
    let chaos = manager()
        .probe("inventory", move || {
            let until = until.lock().unwrap().take();
            async {
                let blocking = tokio::task::spawn_blocking(|| until.map(|until| until.recv()));
                blocking.await.map(drop)
            }
        })
        .build();
    let guard = probed(&chaos, inventory().deadline(SOON));
    assert_aborts(&chaos, &guard, "no answer within");
    let start = || chaos.start(failing("next").abort_when(inventory()));
    wait_until("it is refused", || {
        matches!(start(), Err(Error::ProbeHangs { .. }))
    });
    drop(release);
    wait_until("it starts again", || start().is_ok());
}

#[test]
fn the_call_of_a_probe_is_dropped_when_its_experiment_ends() {
    let held = Arc::new(());
    let begun = Arc::new(AtomicBool::new(false));
    let chaos = manager()
        .probe("inventory", {
            let (held, begun) = (Arc::downgrade(&held), Arc::clone(&begun));
            move || {
                let held = held.upgrade();
                begun.store(true, Ordering::Release);
                async move {
                    let _held = held;
                    std::future::pending::<Result<(), String>>().await
                }
            }
        })
        .build();
    let guard = probed(&chaos, inventory().deadline(Duration::MAX));
    wait_until("it is called", || begun.load(Ordering::Acquire));
    drop(guard);
    wait_until("its call is dropped", || Arc::strong_count(&held) == 1);
}

#[test]
fn a_panicking_probe_aborts() {
    let chaos = manager()
        .probe("inventory", || async {
            if true {
                panic!("in the probe");
            }
            Ok::<(), String>(())
        })
        .build();
    let guard = probed(&chaos, inventory().deadline(SOON));
    assert_aborts(&chaos, &guard, "");
}

#[test]
fn a_successful_probe_runs_until_the_end_of_the_experiment() {
    let runs = Arc::new(AtomicU32::new(0));
    let chaos = manager()
        .probe("inventory", {
            let runs = Arc::clone(&runs);
            move || {
                runs.fetch_add(1, Ordering::Relaxed);
                async { Ok::<(), String>(()) }
            }
        })
        .build();
    let guard = probed(&chaos, inventory());
    wait_until("several runs", || runs.load(Ordering::Relaxed) >= 5);
    assert_eq!(guard.ended(), None);
    drop(guard);
    // Besides the manager, only the thread of the probe holds it.
    drop(chaos);
    wait_until("its thread has ended", || Arc::strong_count(&runs) == 1);
}

#[test]
fn a_probe_is_called_once_in_each_interval() {
    let (call, calls) = channel();
    let chaos = manager()
        .probe("inventory", move || {
            call.send(()).unwrap();
            ready(Ok::<_, &str>(()))
        })
        .build();
    let hourly = Condition::probe("inventory").every(Duration::from_secs(3_600));
    let guard = probed(&chaos, hourly);
    calls.recv_timeout(Duration::from_secs(60)).expect("called");
    assert!(calls.recv_timeout(SOON).is_err(), "called again at once");
    drop(guard);
}
