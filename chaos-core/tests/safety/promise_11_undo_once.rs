//! 11. Every undo runs exactly once, whatever ends the experiment; the others still run if one fails.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use chaos_core::{ChaosManager, Condition, EndReason, Event, ExperimentGuard};

use crate::asking::gets_through;
use crate::experiments::{PMS, failing};
use crate::patience::wait_until;

/// Counts the runs of an undo.
#[derive(Clone, Default)]
struct Undone(Arc<AtomicU32>);

impl Undone {
    fn by(guard: &ExperimentGuard) -> Self {
        let undone = Self::default();
        let count = undone.clone();
        guard.on_end(move || {
            count.0.fetch_add(1, Ordering::AcqRel);
        });
        undone
    }

    fn times(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
}

/// Ends everything, and asserts that the undo did not run again.
#[track_caller]
fn assert_never_again(chaos: ChaosManager, undone: &Undone) {
    let _ = chaos.stop("undone");
    chaos.halt();
    drop(chaos);
    assert_eq!(undone.times(), 1);
}

fn started() -> (ChaosManager, ExperimentGuard, Undone) {
    let chaos = ChaosManager::new();
    let guard = chaos.start(failing("undone")).unwrap();
    let undone = Undone::by(&guard);
    assert_eq!(undone.times(), 0);
    (chaos, guard, undone)
}

#[test]
fn undos_run_when_the_guard_is_dropped() {
    let (chaos, guard, undone) = started();
    drop(guard);
    assert_eq!(undone.times(), 1);
    assert_never_again(chaos, &undone);
}

#[test]
fn undos_run_when_the_owner_of_the_guard_panics() {
    let (chaos, guard, undone) = started();
    let owner = std::thread::spawn(move || {
        let _guard = guard;
        panic!("in user code");
    });
    assert!(owner.join().is_err());
    assert_eq!(undone.times(), 1);
    assert_never_again(chaos, &undone);
}

#[tokio::test]
async fn undos_run_when_the_future_with_the_guard_is_cancelled() {
    let (chaos, guard, undone) = started();
    let owner = tokio::spawn(async move {
        let _guard = guard;
        std::future::pending::<()>().await;
    });
    tokio::task::yield_now().await;
    assert_eq!(undone.times(), 0);
    owner.abort();
    assert!(owner.await.unwrap_err().is_cancelled());
    assert_eq!(undone.times(), 1);
    assert_never_again(chaos, &undone);
}

#[tokio::test]
async fn undos_run_at_a_halt() {
    let (chaos, guard, undone) = started();
    chaos.halt();
    chaos.halted().await;
    assert_eq!(undone.times(), 1);
    drop(guard);
    assert_never_again(chaos, &undone);
}

#[test]
fn undos_run_when_the_experiment_is_stopped() {
    let (chaos, guard, undone) = started();
    chaos.stop("undone").unwrap();
    assert_eq!(undone.times(), 1);
    drop(guard);
    assert_never_again(chaos, &undone);
}

#[test]
fn undos_run_when_the_time_limit_passes_in_real_time() {
    let chaos = ChaosManager::new();
    let limit = Duration::from_millis(20);
    let guard = chaos.start(failing("undone").time_limit(limit)).unwrap();
    let undone = Undone::by(&guard);
    wait_until("undone", || undone.times() > 0);
    drop(guard);
    assert_never_again(chaos, &undone);
}

#[tokio::test(start_paused = true)]
async fn undos_run_when_the_time_limit_passes_in_virtual_time() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(failing("undone")).unwrap();
    let undone = Undone::by(&guard);
    tokio::time::advance(chaos_core::DEFAULT_TIME_LIMIT).await;
    assert!(gets_through(&pms).await);
    wait_until("undone", || undone.times() > 0);
    drop(guard);
    assert_never_again(chaos, &undone);
}

#[tokio::test]
async fn undos_run_when_the_experiment_is_aborted() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let condition = Condition::consecutive_failures(1).at(PMS);
    let experiment = failing("undone").abort_when(condition);
    let guard = chaos.start(experiment).unwrap();
    let undone = Undone::by(&guard);
    assert!(!gets_through(&pms).await);
    assert!(matches!(guard.ended(), Some(EndReason::Aborted(_))));
    wait_until("undone", || undone.times() > 0);
    drop(guard);
    assert_never_again(chaos, &undone);
}

#[test]
fn undos_run_when_the_manager_is_dropped() {
    let (chaos, guard, undone) = started();
    drop(chaos);
    assert_eq!(undone.times(), 1);
    drop(guard);
    assert_eq!(undone.times(), 1);
}

#[test]
fn undos_run_for_a_detached_experiment() {
    let (chaos, guard, undone) = started();
    guard.detach();
    assert_eq!(undone.times(), 0);
    drop(chaos);
    assert_eq!(undone.times(), 1);
}

#[test]
fn undos_run_once_when_several_ends_race() {
    for _ in 0..200 {
        let (chaos, guard, undone) = started();
        let start = Barrier::new(4);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                start.wait();
                let _ = chaos.stop("undone");
            });
            threads.spawn(|| {
                start.wait();
                chaos.halt();
            });
            threads.spawn(|| {
                start.wait();
                drop(guard);
            });
            start.wait();
            use_table(&chaos);
        });
        wait_until("undone", || undone.times() > 0);
        assert_never_again(chaos, &undone);
    }
}

/// Uses the same table at the same time.
fn use_table(chaos: &ChaosManager) {
    let _ = chaos.status();
    let _ = chaos.start(failing("another"));
}

#[test]
fn undos_run_in_reverse_order_of_registration() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(failing("undone")).unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    for nth in 0..5 {
        let order = Arc::clone(&order);
        guard.on_end(move || order.lock().unwrap().push(nth));
    }
    drop(guard);
    assert_eq!(*order.lock().unwrap(), [4, 3, 2, 1, 0]);
}

#[test]
fn a_panicking_undo_is_journalled_and_the_others_run() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(failing("undone")).unwrap();
    let first = Undone::by(&guard);
    guard.on_end(|| panic!("in an undo"));
    guard.on_end(|| panic!("in another undo"));
    let last = Undone::by(&guard);
    drop(guard);
    assert_eq!((first.times(), last.times()), (1, 1));
    let journalled = chaos.journal().into_iter().any(|entry| {
        matches!(entry.event, Event::UndoFailed { experiment, failed: 2 } if experiment == "undone")
    });
    assert!(journalled, "{:?}", chaos.journal());
}

#[test]
fn a_panicking_undo_does_not_end_the_guardian() {
    let chaos = ChaosManager::new();
    let limit = Duration::from_millis(20);
    for name in ["first", "second"] {
        let guard = chaos.start(failing(name).time_limit(limit)).unwrap();
        let undone = Undone::by(&guard);
        guard.on_end(|| panic!("in an undo"));
        wait_until("undone by the guardian", || undone.times() == 1);
        assert_eq!(guard.ended(), Some(&EndReason::TimeLimit));
    }
}

#[test]
fn an_undo_registered_after_the_end_runs_at_once() {
    let (chaos, guard, _) = started();
    chaos.stop("undone").unwrap();
    assert_eq!(Undone::by(&guard).times(), 1);
}
