//! 2. `halt` returns at once, and from then on nothing new is injected; `halted` returns once all is given back.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chaos_core::{ChaosManager, EndReason, Error, Fault, Operation, Phase, Scope};

use crate::asking::{REAL, call, gets_through, poll, slow_call};
use crate::experiments::{HOUR, PMS, failing, holding, is_ended, striking};
use crate::patience::wait_until;

#[tokio::test]
async fn nothing_new_is_injected_after_halt() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(failing("down")).unwrap();
    chaos.halt();
    assert!(gets_through(&pms).await);
    assert_eq!(guard.injected(), 0);
    assert_eq!(guard.ended(), Some(&EndReason::Halted));
}

#[tokio::test]
async fn a_decision_made_before_halt_has_no_effect_after_it() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(failing("down")).unwrap();
    let mut decision = pms.decide(&Operation::new("reserve"));
    assert!(!decision.is_none());
    chaos.halt();
    assert!(decision.apply(Phase::Before).await.is_ok());
    assert_eq!(guard.injected(), 0);
}

#[tokio::test]
async fn a_call_in_progress_at_the_halt_keeps_its_reply() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos
        .start(failing("lost replies").phase(Phase::After))
        .unwrap();
    let mut running = pin!(pms.around("reserve", slow_call(1)));
    assert!(poll(running.as_mut()).is_pending());
    chaos.halt();
    assert_eq!(running.await.unwrap(), REAL);
    assert_eq!(guard.injected(), 0);
}

#[tokio::test]
async fn a_held_operation_is_released_and_goes_on_to_the_real_call() {
    for fault in [Fault::latency(HOUR), Fault::timeout(HOUR)] {
        let chaos = ChaosManager::new();
        let pms = chaos.site(PMS);
        let guard = chaos.start(striking("held", fault)).unwrap();
        let held = tokio::spawn(async move { call(&pms).await });
        guard.wait_for(1).await.unwrap();
        assert_eq!(guard.in_flight(), 1);
        chaos.halt();
        assert_eq!(held.await.unwrap().unwrap(), REAL);
        assert_eq!(guard.in_flight(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_takes_no_virtual_time() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(holding("held").time_limit(2 * HOUR)).unwrap();
    let start = tokio::time::Instant::now();
    let held = tokio::spawn(async move { call(&pms).await });
    guard.wait_for(1).await.unwrap();
    chaos.halt();
    assert_eq!(held.await.unwrap().unwrap(), REAL);
    assert!(start.elapsed().is_zero());
}

#[tokio::test]
async fn halted_returns_only_after_every_held_operation() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(holding("held")).unwrap();
    let swept = flag_set_at_end(&guard);
    let mut held = pin!(call(&pms));
    assert!(poll(held.as_mut()).is_pending());
    chaos.halt();
    wait_until("undone", || swept.load(Ordering::Acquire));
    let mut halted = pin!(chaos.halted());
    assert!(
        poll(halted.as_mut()).is_pending(),
        "an operation is still held"
    );
    assert_eq!(held.await.unwrap(), REAL);
    halted.await;
}

#[tokio::test]
async fn halted_waits_for_experiments_that_ended_before_the_halt() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let _guard = chaos.start(holding("held")).unwrap();
    let mut held = pin!(call(&pms));
    assert!(poll(held.as_mut()).is_pending());
    chaos.stop("held").unwrap();
    chaos.halt();
    let mut halted = pin!(chaos.halted());
    assert!(poll(halted.as_mut()).is_pending());
    assert_eq!(held.await.unwrap(), REAL);
    halted.await;
}

#[tokio::test]
async fn halted_waits_for_more_experiments_than_status_keeps() {
    const MANY: usize = 100;
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let scope = Scope::new("held by the first experiment only");
    let guards: Vec<_> = (0..MANY)
        .map(|number| chaos.start(holding(&format!("{number:03}"))).unwrap())
        .collect();
    let mut held = Box::pin(scope.enter(call(&pms)));
    assert!(poll(held.as_mut()).is_pending());
    assert_eq!(guards[0].in_flight(), 1);
    chaos.halt();
    let swept = flag_set_at_end(&guards[MANY - 1]);
    wait_until("undone", || swept.load(Ordering::Acquire));
    let mut halted = pin!(chaos.halted());
    assert!(
        poll(halted.as_mut()).is_pending(),
        "an operation is still held"
    );
    drop(held);
    halted.await;
}

#[tokio::test]
async fn halted_returns_when_experiments_may_start_again() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(holding("held")).unwrap();
    let mut held = pin!(call(&pms));
    assert!(poll(held.as_mut()).is_pending());
    chaos.halt();
    let undone = flag_set_at_end(&guard);
    wait_until("undone", || undone.load(Ordering::Acquire));
    let mut halted = pin!(chaos.halted());
    assert!(poll(halted.as_mut()).is_pending());
    chaos.resume();
    assert!(poll(halted.as_mut()).is_ready(), "still held, but resumed");
    assert_eq!(held.await.unwrap(), REAL);
}

#[tokio::test]
async fn halted_returns_only_after_every_undo() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(failing("down")).unwrap();
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let begun = Arc::new(AtomicBool::new(false));
    guard.on_end({
        let begun = Arc::clone(&begun);
        move || {
            begun.store(true, Ordering::Release);
            let _ = wait.recv();
        }
    });
    chaos.halt();
    wait_until("the undo begins", || begun.load(Ordering::Acquire));
    let mut halted = pin!(chaos.halted());
    assert!(
        poll(halted.as_mut()).is_pending(),
        "the undo is still running"
    );
    drop(release);
    halted.await;
}

#[tokio::test]
async fn starts_are_refused_while_halted_and_allowed_once_resumed() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let old = chaos.start(failing("old")).unwrap();
    chaos.halt();
    let refused = chaos.start(failing("new"));
    assert!(matches!(refused, Err(Error::Halted { .. })), "{refused:?}");
    chaos.resume();
    assert!(gets_through(&pms).await, "the old experiment stays ended");
    assert_eq!(old.ended(), Some(&EndReason::Halted));
    let _new = chaos.start(failing("new")).unwrap();
    assert!(!gets_through(&pms).await);
    assert!(chaos.start(failing("old")).is_ok(), "its name is free");
}

#[test]
fn nothing_is_injected_after_halt_returned_under_load() {
    const ROUNDS: usize = 50;
    const THREADS: usize = 4;
    let chaos = ChaosManager::new();
    let (stop, performed) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|threads| {
        for _ in 0..THREADS {
            let pms = chaos.site(PMS);
            let (stop, performed) = (&stop, &performed);
            threads.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let _ = pms.point_blocking("reserve");
                    performed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 0..ROUNDS {
            let guard = chaos.start(failing(&format!("round {round}"))).unwrap();
            wait_until("under load", || guard.injected() > 10);
            chaos.halt();
            let at_halt = guard.injected();
            let performed_at_halt = performed.load(Ordering::Relaxed);
            wait_until("more operations", || {
                performed.load(Ordering::Relaxed) > performed_at_halt + 1_000
            });
            let later = guard.injected();
            if later != at_halt || !is_ended(&guard, &EndReason::Halted) {
                stop.store(true, Ordering::Relaxed);
            }
            assert_eq!(later, at_halt, "in round {round}");
            chaos.resume();
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// Returns a flag that an undo of the experiment sets.
fn flag_set_at_end(guard: &chaos_core::ExperimentGuard) -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    guard.on_end(move || set.store(true, Ordering::Release));
    flag
}
