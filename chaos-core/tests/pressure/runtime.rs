//! The Tokio runtime's threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use chaos_core::pressure::PressureEnd;
use chaos_core::{Pressure, PressureGuard};
use tokio::runtime::{Builder, Runtime};

use crate::patience::wait_until;

/// Far longer than a test takes.
const LONG: Duration = Duration::from_secs(1_000);

fn runtime(workers: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .unwrap()
}

fn start(runtime: &Runtime, pressure: &Pressure) -> PressureGuard {
    let _inside = runtime.enter();
    pressure.start().unwrap()
}

/// Whether a task that was spawned now gets a turn.
fn answers(runtime: &Runtime, within: Duration) -> bool {
    let (answer, answered) = mpsc::channel();
    runtime.spawn(async move { answer.send(()) });
    answered.recv_timeout(within).is_ok()
}

#[test]
fn no_task_gets_a_turn_while_all_workers_are_blocked() {
    let runtime = runtime(2);
    let starved = start(&runtime, &Pressure::runtime_workers(2, LONG));
    wait_until("they are blocked", || starved.was_reached());
    assert!(!answers(&runtime, Duration::from_millis(100)));
    starved.stop();
    wait_until("they are free", || starved.is_gone());
    assert!(answers(&runtime, Duration::from_secs(30)));
}

#[test]
fn others_get_a_turn_in_between_and_beside() {
    let runtime = runtime(2);
    let slow = start(
        &runtime,
        &Pressure::runtime_workers(2, Duration::from_millis(50)),
    );
    wait_until("they are blocked", || slow.was_reached());
    assert!(answers(&runtime, Duration::from_secs(30)));
    drop(slow);
    let beside = start(&runtime, &Pressure::runtime_workers(1, LONG));
    wait_until("one is blocked", || beside.was_reached());
    assert!(answers(&runtime, Duration::from_secs(30)));
}

/// Keeps a worker of the runtime busy with the program's own work, until it is told to end.
fn busy_worker(runtime: &Runtime) -> Arc<AtomicBool> {
    let (released, busy) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let (until, is_busy) = (Arc::clone(&released), Arc::clone(&busy));
    runtime.spawn(async move {
        is_busy.store(true, Ordering::Release);
        while !until.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    wait_until("the worker is busy", || busy.load(Ordering::Acquire));
    released
}

#[test]
fn workers_that_others_block_are_not_claimed() {
    let runtime = runtime(2);
    let all = Pressure::runtime_workers(2, Duration::from_millis(10));
    let both = [start(&runtime, &all), start(&runtime, &all)];
    wait_until("both have their turns", || {
        both.iter().all(PressureGuard::was_reached)
    });
    wait_until("each has a part, and no more than that", || {
        let levels = both.each_ref().map(|one| one.level().achieved);
        levels.iter().all(|level| *level > 0.3) && levels.iter().sum::<f64>() < 2.1
    });
}

#[test]
fn a_worker_that_the_program_keeps_busy_is_not_claimed() {
    let runtime = runtime(2);
    let released = busy_worker(&runtime);
    let beside = start(
        &runtime,
        &Pressure::runtime_workers(2, Duration::from_millis(10)),
    );
    wait_until("it gives up", || beside.is_gone());
    assert!(!beside.was_reached());
    let why = beside.ended().unwrap().to_string();
    assert!(why.contains(" of 2 workers: it got no further"), "{why}");
    released.store(true, Ordering::Release);
}

#[test]
fn a_pressure_on_a_runtime_that_goes_fails_and_lets_it_go() {
    for pressure in [
        Pressure::runtime_workers(2, Duration::from_millis(20)),
        Pressure::blocking_pool(4),
    ] {
        let runtime = runtime(2);
        let starving = start(&runtime, &pressure);
        wait_until("it is on", || starving.was_reached());
        drop(runtime);
        wait_until("it is gone", || starving.is_gone());
        let Some(PressureEnd::Failed(why)) = starving.ended() else {
            panic!("{:?}", starving.ended());
        };
        assert!(why.ends_with("the runtime is gone"), "{why}");
    }
}

#[test]
fn no_task_is_left_in_the_runtime() {
    let runtime = runtime(2);
    let before = runtime.metrics().num_alive_tasks();
    for pressure in [
        Pressure::runtime_workers(2, LONG),
        Pressure::blocking_pool(4),
    ] {
        let starving = start(&runtime, &pressure);
        wait_until("it is on", || starving.was_reached());
        drop(starving);
        wait_until("no task is left", || {
            runtime.metrics().num_alive_tasks() == before
        });
    }
}

#[test]
fn a_hog_that_is_queued_when_the_end_comes_never_fires() {
    let runtime = runtime(1);
    // The hog waits for its turn.
    let released = busy_worker(&runtime);
    let queued = start(&runtime, &Pressure::runtime_workers(1, LONG));
    let in_pool = start(&runtime, &Pressure::blocking_pool(4));
    wait_until("the pool is taken", || in_pool.was_reached());
    let more = start(&runtime, &Pressure::blocking_pool(2));
    queued.stop();
    more.stop();
    // Neither end waits for the runtime that is starved.
    wait_until("both are gone", || queued.is_gone() && more.is_gone());
    released.store(true, Ordering::Release);
    assert!(answers(&runtime, Duration::from_secs(30)));
    in_pool.stop();
    wait_until("the pool is free", || in_pool.is_gone());
    let (answer, answered) = mpsc::channel();
    runtime.spawn_blocking(move || answer.send(()));
    answered.recv_timeout(Duration::from_secs(30)).unwrap();
}

#[test]
fn blocking_work_waits_while_the_pool_is_taken() {
    let runtime = runtime(1);
    let taken = start(&runtime, &Pressure::blocking_pool(4));
    wait_until("it is taken", || taken.was_reached());
    let (answer, answered) = mpsc::channel();
    runtime.spawn_blocking(move || answer.send(()));
    assert!(answered.recv_timeout(Duration::from_millis(100)).is_err());
    drop(taken);
    answered.recv_timeout(Duration::from_secs(30)).unwrap();
}

#[test]
fn a_pool_that_is_smaller_than_asked_for_is_no_success() {
    let runtime = runtime(1);
    let too_many = start(&runtime, &Pressure::blocking_pool(5));
    wait_until("it gives up", || too_many.is_gone());
    let why = too_many.ended().unwrap().to_string();
    assert!(why.contains("4 of 5 threads"), "{why}");
}
