//! 13. Halts, time limits and conditions never depend on resources that chaos exhausts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chaos_core::{ChaosManager, Condition, EndReason};
use tokio::runtime::Runtime;

use crate::experiments::{PMS, failing, holding, is_ended};
use crate::patience::wait_until;
use crate::process::free_path;

const WORKERS: usize = 2;

/// A runtime whose workers can be blocked until this is dropped.
struct Starved {
    released: Arc<AtomicBool>,
    runtime: Option<Runtime>,
}

impl Starved {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .enable_all()
            .build()
            .unwrap();
        Self {
            released: Arc::default(),
            runtime: Some(runtime),
        }
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().unwrap()
    }

    fn block_all(&self) {
        let blocked = Arc::new(AtomicUsize::new(0));
        for _ in 0..WORKERS {
            let (blocked, released) = (Arc::clone(&blocked), Arc::clone(&self.released));
            self.runtime().spawn(async move {
                blocked.fetch_add(1, Ordering::AcqRel);
                while !released.load(Ordering::Acquire) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
        }
        wait_until("all workers are blocked", || {
            blocked.load(Ordering::Acquire) == WORKERS
        });
    }
}

impl Drop for Starved {
    fn drop(&mut self) {
        self.released.store(true, Ordering::Release);
        drop(self.runtime.take());
    }
}

#[test]
fn a_halt_file_halts_while_every_worker_is_blocked() {
    let path = free_path("halt");
    let chaos = ChaosManager::builder().halt_file(&path).build();
    let starved = Starved::new();
    let guard = chaos.start(failing("down")).unwrap();
    starved.block_all();
    assert_eq!(guard.ended(), None);

    let creator = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, "").unwrap()
    });
    wait_until("halted", || is_ended(&guard, &EndReason::Halted));
    creator.join().unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(chaos.start(failing("another")).is_err(), "it stays halted");
}

#[test]
fn a_time_limit_ends_its_experiment_while_every_worker_is_blocked() {
    let chaos = ChaosManager::new();
    let starved = Starved::new();
    let limit = Duration::from_millis(200);
    let start = Instant::now();
    let guard = chaos.start(failing("down").time_limit(limit)).unwrap();
    let (undone, ended) = std::sync::mpsc::channel();
    guard.on_end(move || undone.send(Instant::now()).unwrap());
    starved.block_all();
    // The guard is not asked: that would end an overdue experiment.
    let at = ended.recv_timeout(Duration::from_secs(60)).expect("ended");
    assert!(at.duration_since(start) >= limit);
    assert_eq!(guard.ended(), Some(&EndReason::TimeLimit));
}

#[test]
fn a_condition_aborts_while_every_worker_is_blocked() {
    let chaos = ChaosManager::builder()
        .check_conditions_every(Duration::from_millis(10))
        .probe("alive", std::future::pending::<Result<(), String>>)
        .build();
    let starved = Starved::new();
    starved.block_all();
    let condition = Condition::probe("alive").deadline(Duration::from_millis(10));
    let guard = chaos.start(failing("down").abort_when(condition)).unwrap();
    wait_until("aborted", || guard.ended().is_some());
    assert!(matches!(guard.ended(), Some(EndReason::Aborted(_))));
}

#[test]
fn undos_run_while_every_worker_is_blocked_and_held_operations_go_on_later() {
    let path = free_path("halt with holds");
    let chaos = ChaosManager::builder().halt_file(&path).build();
    let pms = chaos.site(PMS);
    let starved = Starved::new();
    let guard = chaos.start(holding("held")).unwrap();
    let undone = Arc::new(AtomicBool::new(false));
    guard.on_end({
        let undone = Arc::clone(&undone);
        move || undone.store(true, Ordering::Release)
    });
    let held = starved
        .runtime()
        .spawn(async move { crate::asking::call(&pms).await });
    wait_until("held", || guard.in_flight() == 1);
    starved.block_all();
    std::fs::write(&path, "").unwrap();
    wait_until("undone", || undone.load(Ordering::Acquire));
    std::fs::remove_file(path).unwrap();
    starved.released.store(true, Ordering::Release);
    let reply = starved.runtime().block_on(held).unwrap();
    assert_eq!(reply.unwrap(), crate::asking::REAL);
}
