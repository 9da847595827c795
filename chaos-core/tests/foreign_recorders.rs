//! A metrics recorder, which is user code, can't prevent the promised behaviour.

use std::panic::panic_any;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use chaos_core::{BlastRadius, ChaosManager, Experiment, Failure, Fault};

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
            // The two gauges of running experiments come first, then the first injection.
            if registered.fetch_add(1, Ordering::Relaxed) == 2 {
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
    // The two gauges of running experiments twice, injections, delays, the end.
    assert!(registered >= 7, "{registered}");
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
