//! A waker that hangs keeps no undo from running.

use std::future::ready;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Condition, Experiment, ExperimentGuard, Failure, Fault,
};

/// A bound against hanging, which judges no speed.
const FOREVER: Duration = Duration::from_secs(60);

/// Hangs until its sender is dropped.
struct Hanging(Mutex<Receiver<()>>);

impl Hanging {
    fn new() -> (Sender<()>, Self) {
        let (release, until) = channel();
        (release, Self(Mutex::new(until)))
    }

    fn hang(&self) {
        let _ = self.0.lock().unwrap().recv();
    }
}

impl Wake for Hanging {
    fn wake(self: Arc<Self>) {
        self.hang();
    }
}

fn failing(name: &str) -> Experiment {
    Experiment::new(name)
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at("pms"))
}

/// Ends an experiment on another thread while a waker hangs, and checks that its undo runs.
fn check_undo(guard: &ExperimentGuard, end: impl FnOnce() + Send + 'static) {
    let (undone, is_undone) = channel();
    guard.on_end(move || undone.send(()).unwrap());
    let (release, hanging) = Hanging::new();
    let waker = Waker::from(Arc::new(hanging));
    let mut wait = Box::pin(guard.wait_for(1));
    let polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    let ending = std::thread::spawn(end);
    is_undone.recv_timeout(FOREVER).expect("the undo runs");
    drop(release);
    ending.join().unwrap();
}

#[test]
fn a_stop_runs_its_undos_although_a_waker_hangs() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(failing("to be stopped")).unwrap();
    check_undo(&guard, move || chaos.stop("to be stopped").unwrap());
}

#[test]
fn the_drop_of_a_manager_runs_all_undos_although_a_waker_hangs() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(failing("to be ended")).unwrap();
    check_undo(&guard, move || drop(chaos));
}

#[test]
fn an_abort_runs_its_undos_although_a_waker_hangs() {
    let (fail, until) = Hanging::new();
    let chaos = ChaosManager::builder()
        .check_conditions_every(Duration::from_secs(3600))
        .probe("failing", move || {
            until.hang();
            ready(Err("it failed"))
        })
        .build();
    let experiment = failing("to be aborted").abort_when(Condition::probe("failing"));
    let guard = chaos.start(experiment).unwrap();
    check_undo(&guard, move || drop(fail));
}
