//! 13. No user code that hangs delays the end of experiments: not a sink, an undo, a waker or a recorder.
//!
//! No test asks a guard or the status for an end before it is seen otherwise: that would end an overdue experiment.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use chaos_core::{ChaosManager, Condition, EndReason, ExperimentGuard, JournalEntry, JournalSink};

use crate::asking::gets_through;
use crate::experiments::{PMS, failing, holding};
use crate::patience::wait_until;
use crate::process::free_path;

/// A bound against hanging, which judges no speed.
const FOREVER: Duration = Duration::from_secs(60);

const SOON: Duration = Duration::from_millis(20);

/// Hangs until the sender is dropped.
struct Hanging(Mutex<Receiver<()>>);

impl Hanging {
    fn new() -> (Self, Sender<()>) {
        let (release, until) = channel();
        (Self(Mutex::new(until)), release)
    }

    fn hang(&self) {
        let _ = self.0.lock().unwrap().recv();
    }
}

impl JournalSink for Hanging {
    fn record(&self, _entry: &JournalEntry) {
        self.hang();
    }
}

impl Wake for Hanging {
    fn wake(self: Arc<Self>) {
        self.hang();
    }
}

/// Reports when the undos of an experiment run, and on which thread.
fn undone(guard: &ExperimentGuard) -> Receiver<Option<String>> {
    let (undone, is_undone) = channel();
    guard.on_end(move || undone.send(thread_name()).unwrap());
    is_undone
}

fn assert_undone(undone: &Receiver<Option<String>>) {
    let thread = undone.recv_timeout(FOREVER).expect("ended and undone");
    // The guardian would survive some undos that hang.
    assert_ne!(thread.as_deref(), Some("chaos-guardian"));
}

fn thread_name() -> Option<String> {
    std::thread::current().name().map(str::to_owned)
}

#[test]
fn a_log_reader_that_stalls_delays_no_time_limit() {
    let (sink, _release) = Hanging::new();
    let chaos = ChaosManager::builder().journal_to(sink).build();
    let guard = chaos.start(failing("down").time_limit(SOON)).unwrap();
    assert_undone(&undone(&guard));
    assert_eq!(guard.ended(), Some(&EndReason::TimeLimit));
}

#[test]
fn a_log_reader_that_stalls_delays_no_halt_file() {
    let path = free_path("halt while the log stalls");
    let (sink, _release) = Hanging::new();
    let chaos = ChaosManager::builder()
        .journal_to(sink)
        .halt_file(&path)
        .build();
    let guard = chaos.start(failing("down")).unwrap();
    let undone = undone(&guard);
    std::fs::write(&path, "").unwrap();
    assert_undone(&undone);
    std::fs::remove_file(path).unwrap();
    assert_eq!(guard.ended(), Some(&EndReason::Halted));
}

#[test]
fn a_log_reader_that_stalls_delays_no_condition() {
    let (sink, _release) = Hanging::new();
    let chaos = ChaosManager::builder()
        .journal_to(sink)
        .check_conditions_every(Duration::from_millis(10))
        .probe("alive", std::future::pending::<Result<(), String>>)
        .build();
    let condition = Condition::probe("alive").deadline(Duration::from_millis(10));
    let guard = chaos.start(failing("down").abort_when(condition)).unwrap();
    assert_undone(&undone(&guard));
    assert!(matches!(guard.ended(), Some(EndReason::Aborted(_))));
}

#[tokio::test]
async fn a_log_reader_that_stalls_delays_neither_a_halt_nor_a_drop() {
    let (sink, _release) = Hanging::new();
    let chaos = ChaosManager::builder().journal_to(sink).build();
    let pms = chaos.site(PMS);
    let dropped = chaos.start(failing("dropped")).unwrap();
    drop(dropped);
    let halted = chaos.start(failing("halted")).unwrap();
    chaos.halt();
    chaos.halted().await;
    assert!(gets_through(&pms).await);
    assert_undone(&undone(&halted));
}

#[test]
fn an_undo_that_hangs_delays_no_other_experiment() {
    let path = free_path("halt while an undo hangs");
    let chaos = ChaosManager::builder().halt_file(&path).build();
    let (hanging, release) = Hanging::new();
    let first = chaos.start(failing("first").time_limit(SOON)).unwrap();
    let (began, has_begun) = channel();
    first.on_end(move || {
        began.send(()).unwrap();
        hanging.hang();
    });
    has_begun.recv_timeout(FOREVER).expect("ended");
    let others: Vec<_> = (0..10)
        .map(|nth| {
            let experiment = failing(&format!("other {nth}")).time_limit(SOON);
            let guard = chaos.start(experiment).unwrap();
            (undone(&guard), guard)
        })
        .collect();
    for (undone, guard) in &others {
        assert_undone(undone);
        assert_eq!(guard.ended(), Some(&EndReason::TimeLimit));
    }
    let last = chaos.start(failing("last")).unwrap();
    let undone = undone(&last);
    std::fs::write(&path, "").unwrap();
    assert_undone(&undone);
    std::fs::remove_file(path).unwrap();
    drop(release);
    // Its drop waits for the undo, which now returns.
    drop(first);
}

#[test]
fn a_waker_that_hangs_delays_neither_an_undo_nor_another_experiment() {
    let path = free_path("halt while a waker hangs");
    let chaos = ChaosManager::builder().halt_file(&path).build();
    let (hanging, release) = Hanging::new();
    let waker = Waker::from(Arc::new(hanging));
    let guard = chaos.start(failing("awaited")).unwrap();
    let undone_first = undone(&guard);
    {
        let mut wait = pin!(guard.wait_for(1));
        assert!(
            wait.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        std::fs::write(&path, "").unwrap();
        assert_undone(&undone_first);
        std::fs::remove_file(path).unwrap();
        let other = loop {
            match chaos.start(failing("other").time_limit(SOON)) {
                Ok(guard) => break guard,
                Err(_) => std::thread::yield_now(),
            }
        };
        assert_undone(&undone(&other));
        drop(release);
    }
}

#[test]
fn dropping_a_guard_waits_for_undos_that_another_thread_runs() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(failing("down").time_limit(SOON)).unwrap();
    let (began, has_begun) = channel();
    let (go_on, may_go_on) = channel();
    let finished = Arc::new(Mutex::new(false));
    guard.on_end({
        let finished = Arc::clone(&finished);
        move || {
            began.send(()).unwrap();
            may_go_on.recv().unwrap();
            *finished.lock().unwrap() = true;
        }
    });
    has_begun.recv_timeout(FOREVER).expect("ended");
    let (dropped, is_dropped) = channel();
    let dropper = std::thread::spawn(move || {
        drop(guard);
        dropped.send(()).unwrap();
        *finished.lock().unwrap()
    });
    assert!(is_dropped.recv_timeout(SOON).is_err(), "it did not wait");
    go_on.send(()).unwrap();
    assert!(dropper.join().unwrap(), "undone before the drop returned");
}

#[tokio::test]
async fn the_end_of_a_guard_waits_for_undos_and_held_operations() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let guard = chaos.start(holding("held")).unwrap();
    let undone = undone(&guard);
    let held = tokio::spawn(async move { gets_through(&pms).await });
    guard.wait_for(1).await.unwrap();
    guard.end().await;
    assert!(undone.try_recv().is_ok());
    assert_eq!(chaos.status()[0].in_flight, 0);
    assert!(held.await.unwrap());
}

#[test]
fn a_removed_halt_file_allows_starts_and_restarts_nothing() {
    let path = free_path("halt and go on");
    std::fs::write(&path, "").unwrap();
    let chaos = ChaosManager::builder().halt_file(&path).build();
    assert!(chaos.start(failing("down")).is_err());
    chaos.resume();
    assert!(
        chaos.start(failing("down")).is_err(),
        "the file still exists"
    );
    std::fs::remove_file(&path).unwrap();
    wait_until("allowed", || chaos.start(failing("down")).is_ok());

    chaos.halt();
    std::fs::write(&path, "").unwrap();
    wait_until("halted by the file", || {
        chaos.resume();
        chaos.start(failing("down")).is_err()
    });
    chaos.halt();
    std::fs::remove_file(&path).unwrap();
    chaos.resume();
    wait_until("allowed by both", || chaos.start(failing("down")).is_ok());
}

#[test]
fn a_halt_by_a_call_outlasts_the_halt_file() {
    let path = free_path("halt twice");
    std::fs::write(&path, "").unwrap();
    let chaos = ChaosManager::builder().halt_file(&path).build();
    chaos.halt();
    std::fs::remove_file(&path).unwrap();
    let other = ChaosManager::builder().halt_file(&path).build();
    let guard = other.start(failing("down")).unwrap();
    let undone = undone(&guard);
    std::fs::write(&path, "").unwrap();
    // Both managers have looked since.
    assert_undone(&undone);
    std::fs::remove_file(&path).unwrap();
    wait_until("the other one is allowed", || {
        other.start(failing("down")).is_ok()
    });
    assert!(chaos.start(failing("down")).is_err(), "halted by the call");
    chaos.resume();
    wait_until("allowed", || chaos.start(failing("down")).is_ok());
}

#[test]
fn a_halt_file_that_cannot_be_checked_halts_after_the_grace() {
    let directory = free_path("a directory that goes");
    let _ = std::fs::remove_dir(&directory);
    std::fs::create_dir(&directory).unwrap();
    let chaos = ChaosManager::builder()
        .halt_file(directory.join("halt"))
        .halt_file_grace(Duration::from_millis(100))
        .build();
    let guard = chaos.start(failing("down")).unwrap();
    let undone = undone(&guard);
    std::fs::remove_dir(&directory).unwrap();
    assert_undone(&undone);
    assert_eq!(guard.ended(), Some(&EndReason::Halted));
    let said_why = chaos.journal().into_iter().any(|entry| {
        matches!(entry.event, chaos_core::Event::Halted { attribution } if attribution.because.as_deref().is_some_and(|why| why.contains("could not be checked") && why.contains("no directory")))
    });
    assert!(said_why, "{:?}", chaos.journal());
    // Back again, it lifts the halt.
    std::fs::create_dir(&directory).unwrap();
    wait_until("allowed", || chaos.start(failing("down")).is_ok());
    std::fs::remove_dir(&directory).unwrap();
}

#[test]
fn a_halt_file_without_a_directory_is_refused_at_the_start() {
    let path = free_path("no directory").join("halt");
    let refused = ChaosManager::builder().halt_file(path).try_build();
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("there is no directory"), "{message}");
}
