//! A waker that hangs keeps no undo from running.

use std::future::ready;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use chaos_core::{BlastRadius, ChaosManager, Condition, Experiment, Failure, Fault};

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
    let experiment = Experiment::new("to be aborted")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at("pms"))
        .abort_when(Condition::probe("failing"));
    let guard = chaos.start(experiment).unwrap();
    let (undone, is_undone) = channel();
    guard.on_end(move || undone.send(()).unwrap());
    let (release, hanging) = Hanging::new();
    let waker = Waker::from(Arc::new(hanging));
    let mut wait = Box::pin(guard.wait_for(1));
    let polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    drop(fail);
    // A bound against hanging, which judges no speed.
    is_undone
        .recv_timeout(Duration::from_secs(60))
        .expect("the undo runs");
    drop(release);
}
