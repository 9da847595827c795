//! Threads of a Tokio runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use chaos_core::pressure::PressureEnd;
use chaos_core::{Pressure, PressureGuard};
use tokio::runtime::{Builder, Runtime};

use crate::wait::wait_until;

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

/// Whether a task that is spawned now runs in time.
fn runs_tasks(runtime: &Runtime, within: Duration) -> bool {
    let (done, is_done) = mpsc::channel();
    runtime.spawn(async move { done.send(()) });
    is_done.recv_timeout(within).is_ok()
}

#[test]
fn no_task_runs_while_all_workers_are_blocked() {
    let runtime = runtime(2);
    let pressure = start(&runtime, &Pressure::runtime_workers(2, LONG));
    wait_until("they are blocked", || pressure.took_effect());
    assert!(!runs_tasks(&runtime, Duration::from_millis(100)));
    pressure.stop();
    wait_until("they are released", || pressure.is_gone());
    assert!(runs_tasks(&runtime, Duration::from_secs(30)));
}

#[test]
fn other_tasks_run_between_blocks_and_on_other_workers() {
    let runtime = runtime(2);
    let all = start(
        &runtime,
        &Pressure::runtime_workers(2, Duration::from_millis(50)),
    );
    wait_until("they are blocked", || all.took_effect());
    assert!(runs_tasks(&runtime, Duration::from_secs(30)));
    drop(all);
    let one = start(&runtime, &Pressure::runtime_workers(1, LONG));
    wait_until("one is blocked", || one.took_effect());
    assert!(runs_tasks(&runtime, Duration::from_secs(30)));
}

/// Keeps a worker of the runtime busy until the returned flag is set.
fn busy_worker(runtime: &Runtime) -> Arc<AtomicBool> {
    let (released, busy) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let (until_released, now_busy) = (Arc::clone(&released), Arc::clone(&busy));
    runtime.spawn(async move {
        now_busy.store(true, Ordering::Release);
        while !until_released.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    wait_until("the worker is busy", || busy.load(Ordering::Acquire));
    released
}

#[test]
fn workers_blocked_by_another_pressure_do_not_count() {
    let runtime = runtime(2);
    let all = Pressure::runtime_workers(2, Duration::from_millis(10));
    let both = [start(&runtime, &all), start(&runtime, &all)];
    wait_until("both are reached", || {
        both.iter().all(PressureGuard::took_effect)
    });
    wait_until("each level is only a part", || {
        let levels = both.each_ref().map(|pressure| pressure.level().achieved);
        levels.iter().all(|level| *level > 0.3) && levels.iter().sum::<f64>() < 2.1
    });
}

#[test]
fn a_worker_that_the_program_keeps_busy_does_not_count() {
    let runtime = runtime(2);
    let released = busy_worker(&runtime);
    let pressure = start(
        &runtime,
        &Pressure::runtime_workers(2, Duration::from_millis(10)),
    );
    wait_until("it has failed", || pressure.is_gone());
    assert!(!pressure.took_effect());
    let why = pressure.ended().unwrap().to_string();
    assert!(
        why.contains(" of 2 workers: it makes no further progress"),
        "{why}"
    );
    released.store(true, Ordering::Release);
}

#[test]
fn a_pressure_fails_and_releases_a_runtime_that_shuts_down() {
    for kind in [
        Pressure::runtime_workers(2, Duration::from_millis(20)),
        Pressure::blocking_pool(4),
    ] {
        let runtime = runtime(2);
        let pressure = start(&runtime, &kind);
        wait_until("it is reached", || pressure.took_effect());
        drop(runtime);
        wait_until("it is gone", || pressure.is_gone());
        let Some(PressureEnd::Failed(why)) = pressure.ended() else {
            panic!("{:?}", pressure.ended());
        };
        assert!(why.ends_with("the runtime has shut down"), "{why}");
    }
}

#[test]
fn no_task_is_left_in_the_runtime() {
    let runtime = runtime(2);
    let before = runtime.metrics().num_alive_tasks();
    for kind in [
        Pressure::runtime_workers(2, LONG),
        Pressure::blocking_pool(4),
    ] {
        let pressure = start(&runtime, &kind);
        wait_until("it is reached", || pressure.took_effect());
        drop(pressure);
        wait_until("no task is left", || {
            runtime.metrics().num_alive_tasks() == before
        });
    }
}

#[test]
fn a_blocker_still_queued_at_the_end_blocks_nothing() {
    let runtime = runtime(1);
    // The blocker stays queued.
    let released = busy_worker(&runtime);
    let queued = start(&runtime, &Pressure::runtime_workers(1, LONG));
    let in_pool = start(&runtime, &Pressure::blocking_pool(4));
    wait_until("the pool is occupied", || in_pool.was_reached());
    let queued_in_pool = start(&runtime, &Pressure::blocking_pool(2));
    queued.stop();
    queued_in_pool.stop();
    // Neither release waits for the starved runtime.
    wait_until("both are gone", || {
        queued.is_gone() && queued_in_pool.is_gone()
    });
    released.store(true, Ordering::Release);
    assert!(runs_tasks(&runtime, Duration::from_secs(30)));
    in_pool.stop();
    wait_until("the pool is released", || in_pool.is_gone());
    let (done, is_done) = mpsc::channel();
    runtime.spawn_blocking(move || done.send(()));
    is_done.recv_timeout(Duration::from_secs(30)).unwrap();
}

#[test]
fn blocking_work_waits_while_the_pool_is_occupied() {
    let runtime = runtime(1);
    let pressure = start(&runtime, &Pressure::blocking_pool(4));
    wait_until("it is reached", || pressure.took_effect());
    let (done, is_done) = mpsc::channel();
    runtime.spawn_blocking(move || done.send(()));
    assert!(is_done.recv_timeout(Duration::from_millis(100)).is_err());
    drop(pressure);
    is_done.recv_timeout(Duration::from_secs(30)).unwrap();
}

#[test]
fn a_pool_smaller_than_requested_is_a_failure() {
    let runtime = runtime(1);
    let too_many = start(&runtime, &Pressure::blocking_pool(5));
    wait_until("it has failed", || too_many.is_gone());
    let why = too_many.ended().unwrap().to_string();
    assert!(why.contains("4 of 5 threads"), "{why}");
}
