//! 10. A service's own probe aborts an experiment: when it fails, when it hangs, when it blocks its thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use chaos_core::{ChaosManager, ChaosManagerBuilder, Condition, EndReason, ExperimentGuard};

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
fn a_probe_that_fails_aborts_with_what_it_said() {
    let asked = Arc::new(AtomicU32::new(0));
    let chaos = manager()
        .probe("inventory", {
            let asked = Arc::clone(&asked);
            move || {
                let nth = asked.fetch_add(1, Ordering::Relaxed);
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
    assert!(asked.load(Ordering::Relaxed) >= 4, "asked until it failed");
}

#[test]
fn a_probe_that_never_answers_aborts() {
    let chaos = manager()
        .probe("inventory", std::future::pending::<Result<(), String>>)
        .build();
    let guard = probed(&chaos, inventory().deadline(SOON));
    assert_aborts(&chaos, &guard, "no answer within");
}

#[test]
fn a_probe_that_blocks_its_thread_aborts() {
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
    released.store(true, Ordering::Release);
}

#[test]
fn a_probe_that_panics_aborts() {
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
fn a_probe_that_answers_lets_the_experiment_run_and_is_asked_no_more_after_it() {
    let asked = Arc::new(AtomicU32::new(0));
    let chaos = manager()
        .probe("inventory", {
            let asked = Arc::clone(&asked);
            move || {
                asked.fetch_add(1, Ordering::Relaxed);
                async { Ok::<(), String>(()) }
            }
        })
        .build();
    let guard = probed(&chaos, inventory());
    wait_until("asked again", || asked.load(Ordering::Relaxed) >= 5);
    assert_eq!(guard.ended(), None);
    drop(guard);
    // Only the probe's own thread holds it besides the manager.
    drop(chaos);
    wait_until("its thread has ended", || Arc::strong_count(&asked) == 1);
}
