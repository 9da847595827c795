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
    woken: AtomicU32,
}

impl Wake for StatusWaker {
    fn wake(self: Arc<Self>) {
        let status = self.chaos.get().unwrap().status();
        assert_eq!(status.len(), 1);
        self.woken.fetch_add(1, Ordering::Relaxed);
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
    let status_waker = Arc::new(StatusWaker {
        chaos: OnceLock::from(chaos.clone()),
        woken: AtomicU32::new(0),
    });
    let waker = Waker::from(Arc::clone(&status_waker));
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
    assert!(status_waker.woken.load(Ordering::Relaxed) > 0);
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

/// A recorder that calls this whenever a metric is registered.
struct Calls<F>(F);

impl<F: Fn()> metrics::Recorder for Calls<F> {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        self.0();
        // Other tests of this process have counters, too.
        let mut labels = key.labels().map(metrics::Label::value);
        if key.name() == "chaos_injected_total" && labels.any(|value| value == WATCHED) {
            metrics::Counter::from_arc(Arc::new(InjectedCounter))
        } else {
            metrics::Counter::noop()
        }
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        self.0();
        metrics::Gauge::noop()
    }

    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        self.0();
        metrics::Histogram::noop()
    }
}

/// The experiment whose counter is watched.
const WATCHED: &str = "watched";

/// The names of the threads on which injected counters were dropped.
static DROPPED_ON: Mutex<Vec<Option<String>>> = Mutex::new(Vec::new());

struct InjectedCounter;

impl metrics::CounterFn for InjectedCounter {
    fn increment(&self, _: u64) {}

    fn absolute(&self, _: u64) {}
}

impl Drop for InjectedCounter {
    fn drop(&mut self) {
        let thread = std::thread::current().name().map(str::to_owned);
        DROPPED_ON.lock().unwrap().push(thread);
    }
}

#[test]
fn the_handles_of_a_recorder_are_dropped_on_no_thread_that_holds_a_lock() {
    let chaos = ChaosManager::new();
    let site = chaos.site(WATCHED);
    let recorder = Calls(|| ());
    let guard = chaos.start(broken(WATCHED)).unwrap();
    // A thread keeps the plans that it has used, so this one ends.
    std::thread::scope(|threads| {
        threads.spawn(|| {
            metrics::with_local_recorder(&recorder, || {
                assert!(site.point_blocking("reserve").is_err());
            });
        });
    });
    drop(guard);
    let start = Instant::now();
    while DROPPED_ON.lock().unwrap().is_empty() {
        assert!(start.elapsed() < BOUND, "it was not dropped");
        std::thread::sleep(Duration::from_millis(1));
    }
    let metrics = Some("chaos-metrics".to_owned());
    let dropped_on = DROPPED_ON.lock().unwrap();
    assert!(
        dropped_on.iter().all(|thread| *thread == metrics),
        "{dropped_on:?}"
    );
}

#[test]
fn a_recorder_may_request_the_status_of_the_manager() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    // On a dedicated thread, so that a deadlock fails the test instead of hanging it.
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || {
        let (registered, struck) = (AtomicU32::new(0), AtomicU32::new(0));
        let recorder = Calls(|| {
            let _ = chaos.status();
            // The gauge of running experiments comes first, then the first injection.
            if registered.fetch_add(1, Ordering::Relaxed) == 1 {
                // It meets the fault that is being reported.
                let met = chaos.site("pms").point_blocking("report").is_err();
                struck.fetch_add(u32::from(met), Ordering::Relaxed);
            }
        });
        metrics::with_local_recorder(&recorder, || {
            let guard = chaos
                .inject(BlastRadius::points_at("pms"), Fault::error(Failure::Reset))
                .unwrap();
            chaos.site("another");
            assert!(site.point_blocking("reserve").is_err());
            drop(guard);
            chaos.halt();
        });
        done.send((registered.into_inner(), struck.into_inner()))
            .unwrap();
    });
    let (registered, struck) = is_done
        .recv_timeout(Duration::from_secs(60))
        .expect("no deadlock");
    // The gauge of running experiments twice, injections, delays, the end.
    assert!(registered >= 5, "{registered}");
    assert_eq!(struck, 1);
}

#[test]
fn a_panicking_recorder_keeps_no_undo_from_running() {
    let recorder = Calls(|| panic_any(PanicsWhenDropped));
    metrics::with_local_recorder(&recorder, || {
        let chaos = ChaosManager::new();
        let undone = Arc::new(AtomicU32::new(0));
        let guards = ["first", "second"].map(|service| {
            let guard = chaos.start(broken(service)).unwrap();
            let undone = Arc::clone(&undone);
            guard.on_end(move || {
                undone.fetch_add(1, Ordering::Relaxed);
            });
            guard
        });
        assert!(chaos.start(broken("first")).is_err(), "it already runs");
        assert!(chaos.site("first").point_blocking("reserve").is_err());
        // Both end on this thread.
        drop(chaos);
        assert_eq!(undone.load(Ordering::Relaxed), 2);
        drop(guards);
    });
}
