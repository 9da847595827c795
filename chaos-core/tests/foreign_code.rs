//! User code (sinks, wakers, undos) can't prevent the promised behaviour.

use std::future::Future;
use std::panic::panic_any;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use chaos_core::{
    BlastRadius, ChaosManager, Condition, EndReason, Error, Event, Experiment, Failure, Fault,
    JournalEntry, JournalSink,
};

/// Only turns a hang into a failure.
const BOUND: Duration = Duration::from_secs(60);

/// The payload of a panic whose drop panics.
struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("in the drop of a payload");
    }
}

fn broken(service: &str) -> Experiment {
    Experiment::new(service)
        .fault(Fault::error(Failure::Reset))
        .blast_radius(BlastRadius::points_at(service))
}

/// Panics at every event.
struct PanickingSink;

impl JournalSink for PanickingSink {
    fn record(&self, entry: &JournalEntry) {
        panic!("in a sink at {entry:?}");
    }

    fn flush(&self) {
        panic!("in a sink");
    }
}

#[tokio::test]
async fn a_panicking_sink_has_no_effect() {
    let chaos = ChaosManager::builder().journal_to(PanickingSink).build();
    let site = chaos.site("pms");
    let undone = Arc::new(AtomicU32::new(0));
    let guards: Vec<_> = ["a", "b"]
        .map(|service| {
            chaos.inject(
                BlastRadius::points_at(service),
                Fault::error(Failure::Reset),
            )
        })
        .into_iter()
        .chain([chaos.inject(BlastRadius::points_at("pms"), Fault::error(Failure::Reset))])
        .collect::<Result<_, _>>()
        .unwrap();
    for guard in &guards {
        let undone = Arc::clone(&undone);
        guard.on_end(move || {
            undone.fetch_add(1, Ordering::Relaxed);
        });
    }
    assert!(site.point("reserve").await.is_err());
    chaos.halt();
    chaos.halted().await;
    assert_eq!(undone.load(Ordering::Relaxed), 3);
    assert!(site.point("reserve").await.is_ok());
    let ended = |entry: &JournalEntry| matches!(entry.event, Event::Ended { .. });
    assert_eq!(
        chaos.journal().iter().filter(|entry| ended(entry)).count(),
        3
    );
}

/// Requests the status of its manager whenever it is woken.
struct StatusWaker {
    chaos: OnceLock<ChaosManager>,
    woken: mpsc::Sender<()>,
}

impl Wake for StatusWaker {
    fn wake(self: Arc<Self>) {
        let status = self.chaos.get().unwrap().status();
        assert_eq!(status.len(), 1);
        // A later call finds the test at its end.
        let _ = self.woken.send(());
    }
}

#[test]
fn a_waker_may_request_the_status_of_the_manager() {
    let chaos = ChaosManager::new();
    let guard = chaos
        .inject(
            BlastRadius::points_at("pms"),
            Fault::latency(Duration::from_secs(60)),
        )
        .unwrap();
    let (woken, is_woken) = mpsc::channel();
    let waker = Waker::from(Arc::new(StatusWaker {
        chaos: OnceLock::from(chaos.clone()),
        woken,
    }));
    let mut wait = pin!(guard.wait_for(1));
    let mut context = Context::from_waker(&waker);
    assert!(wait.as_mut().poll(&mut context).is_pending());
    // On a dedicated thread, so that a deadlock fails the test instead of hanging it.
    let (done, is_done) = mpsc::channel();
    let halting = chaos.clone();
    std::thread::spawn(move || {
        halting.halt();
        done.send(()).unwrap();
    });
    is_done
        .recv_timeout(Duration::from_secs(20))
        .expect("halt returns");
    // After the halt, as wakers are called on a thread of their own.
    is_woken
        .recv_timeout(Duration::from_secs(20))
        .expect("the waker is called");
    assert!(matches!(
        wait.poll(&mut context),
        Poll::Ready(Err(Error::Ended {
            reason: EndReason::Halted,
            ..
        }))
    ));
}

/// Panics at every event, with a payload that panics when it is dropped.
struct HostileSink;

impl JournalSink for HostileSink {
    fn record(&self, _entry: &JournalEntry) {
        panic_any(PanicsWhenDropped);
    }
}

#[test]
fn a_sink_whose_panic_panics_when_dropped_has_no_effect() {
    let chaos = ChaosManager::builder().journal_to(HostileSink).build();
    let (send_undone, undone) = mpsc::channel();
    let guard = chaos.start(broken("pms")).unwrap();
    guard.on_end(move || send_undone.send(()).unwrap());
    drop(guard);
    undone.recv_timeout(BOUND).unwrap();
}

#[test]
fn undos_whose_panics_panic_when_dropped_stop_neither_others_nor_later_time_limits() {
    let chaos = ChaosManager::new();
    for service in ["first", "second", "third"] {
        let (send_undone, undone) = mpsc::channel();
        let experiment = broken(service).time_limit(Duration::from_millis(20));
        let guard = chaos.start(experiment).unwrap();
        guard.on_end(move || send_undone.send(()).unwrap());
        guard.on_end(|| panic_any(PanicsWhenDropped));
        // Nothing but the time limit ends it, and no question about it does.
        undone.recv_timeout(BOUND).unwrap();
        assert_eq!(guard.ended(), Some(&EndReason::TimeLimit));
    }
    let failed = |entry: &JournalEntry| matches!(entry.event, Event::UndoFailed { failed: 1, .. });
    assert!(chaos.journal().iter().any(failed));
}

#[test]
fn a_probe_whose_panic_panics_when_dropped_aborts_its_experiment_only() {
    let soon = Duration::from_millis(10);
    let chaos = ChaosManager::builder()
        .check_conditions_every(soon)
        .probe("hostile", || async {
            if true {
                panic_any(PanicsWhenDropped);
            }
            Ok::<(), String>(())
        })
        .build();
    let (send_undone, undone) = mpsc::channel();
    let condition = Condition::probe("hostile").every(soon).deadline(soon);
    let guard = chaos.start(broken("pms").abort_when(condition)).unwrap();
    guard.on_end(move || send_undone.send(()).unwrap());
    undone.recv_timeout(BOUND).unwrap();
    assert!(matches!(guard.ended(), Some(EndReason::Aborted(_))));
    wait_until_no_thread_is_named("chaos-probe");
}

/// A sink, or what a probe holds, whose drop panics with a payload that panics when it is dropped.
struct HostileDrop;

impl Drop for HostileDrop {
    fn drop(&mut self) {
        panic_any(PanicsWhenDropped);
    }
}

impl JournalSink for HostileDrop {
    fn record(&self, _entry: &JournalEntry) {}
}

#[test]
fn a_sink_whose_drop_panics_does_not_abort_the_process() {
    let chaos = ChaosManager::builder().journal_to(HostileDrop).build();
    drop(chaos.start(broken("pms")).unwrap());
    drop(chaos);
    wait_until_no_thread_is_named("chaos-journal");
}

#[test]
fn a_probe_whose_drop_panics_does_not_abort_the_process() {
    let (send_asked, asked) = mpsc::channel();
    let (answer, may_answer) = mpsc::channel::<()>();
    let may_answer = Mutex::new(may_answer);
    let held = HostileDrop;
    let chaos = ChaosManager::builder()
        .probe("hostile", move || {
            let _ = &held;
            send_asked.send(()).unwrap();
            let _ = may_answer.lock().unwrap().recv();
            std::future::ready(Ok::<(), String>(()))
        })
        .build();
    let experiment = broken("pms").abort_when(Condition::probe("hostile"));
    let guard = chaos.start(experiment).unwrap();
    asked.recv_timeout(BOUND).unwrap();
    drop(guard);
    drop(chaos);
    // The probe's thread holds it last.
    drop(answer);
    wait_until_no_thread_is_named("chaos-probe");
}

#[test]
fn a_probe_that_panics_and_whose_drop_panics_does_not_abort_the_process() {
    let held = Mutex::new(Some(HostileDrop));
    let (call, is_called) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let may_go = Mutex::new(may_go);
    let chaos = ChaosManager::builder()
        .probe("held", move || {
            let _held = &held;
            call.send(()).unwrap();
            let _ = may_go.lock().unwrap().recv();
            panic_any("in a probe");
            #[allow(unreachable_code, reason = "it gives the closure its type")]
            std::future::ready(Ok::<(), String>(()))
        })
        .build();
    let experiment = broken("pms").abort_when(Condition::probe("held"));
    let guard = chaos.start(experiment).unwrap();
    is_called.recv().unwrap();
    drop(guard);
    drop(chaos);
    // Its thread holds it last.
    drop(go);
    wait_until_no_thread_is_named("chaos-probe");
}

/// Without it, a test may end before the last act of a thread, which may abort the process.
fn wait_until_no_thread_is_named(name: &str) {
    let start = Instant::now();
    let is_there = || {
        // Other systems than Linux have no such directory.
        let mut threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
        threads.any(|thread| {
            let path = thread.map(|thread| thread.path().join("comm"));
            path.and_then(std::fs::read_to_string)
                .is_ok_and(|comm| comm.trim() == name)
        })
    };
    while is_there() {
        assert!(start.elapsed() < BOUND, "{name} is still there");
        std::thread::sleep(Duration::from_millis(1));
    }
}
