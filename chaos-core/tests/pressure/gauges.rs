//! The gauges of pressures.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chaos_core::{BlastRadius, ChaosManager, Consent, Experiment, Fault, Pressure};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::child;
use crate::wait::wait_until;

fn everything() -> BlastRadius {
    BlastRadius::everything(Consent::by("a test").unwrap())
}

/// Queries the manager whenever a gauge is registered.
struct QueryingRecorder(ChaosManager, AtomicUsize);

impl metrics::Recorder for QueryingRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        self.1.fetch_add(self.0.status().len(), Ordering::Relaxed);
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn a_recorder_may_query_the_manager() {
    child::isolated(|| {
        let chaos = ChaosManager::new();
        let recorder = QueryingRecorder(chaos.clone(), AtomicUsize::new(0));
        let recorder: &'static QueryingRecorder = Box::leak(Box::new(recorder));
        metrics::set_global_recorder(recorder).unwrap();
        let (started, has_started) = channel();
        let starting = chaos.clone();
        std::thread::spawn(move || {
            let guard = starting
                .inject(everything(), Fault::exhaust(Pressure::threads(1)))
                .unwrap();
            started.send(guard).unwrap();
        });
        let guard = has_started.recv_timeout(Duration::from_secs(30)).unwrap();
        wait_until("a gauge is registered", || {
            recorder.1.load(Ordering::Relaxed) > 0
        });
        drop(guard);
    });
}

/// Keeps the value of every gauge by name and kind.
#[derive(Default)]
struct GaugeRecorder(Mutex<BTreeMap<(String, String), Arc<AtomicU64>>>);

impl GaugeRecorder {
    fn value(&self, name: &str, kind: &str) -> Option<f64> {
        let gauges = self.0.lock().unwrap();
        let gauge = gauges.get(&(name.to_owned(), kind.to_owned()))?;
        Some(f64::from_bits(gauge.load(Ordering::Acquire)))
    }
}

impl metrics::Recorder for GaugeRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let kind = key.labels().find(|label| label.key() == "kind");
        let kind = kind.map_or("", |label| label.value()).to_owned();
        let mut gauges = self.0.lock().unwrap();
        let gauge = gauges.entry((key.name().to_owned(), kind)).or_default();
        Gauge::from_arc(Arc::clone(gauge))
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn gauges_add_up_the_pressures_of_an_experiment() {
    child::isolated(|| {
        let recorder: &'static GaugeRecorder = Box::leak(Box::default());
        metrics::set_global_recorder(recorder).unwrap();
        let shows = |kind: &str, achieved: f64| {
            recorder.value("chaos_pressure_achieved", kind) == Some(achieved)
        };
        let chaos = ChaosManager::new();
        let both = Experiment::new("both")
            .fault(Fault::exhaust(Pressure::threads(4)))
            .fault(Fault::exhaust(Pressure::threads(7)))
            .fault(Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(
                60,
            ))))
            .blast_radius(everything());
        let guard = chaos.start(both).unwrap();
        wait_until("both are counted", || shows("threads", 11.0));
        wait_until("the clock is shown", || shows("clock", 60.0));
        let requested = recorder.value("chaos_pressure_requested", "threads");
        assert_eq!(requested, Some(11.0));
        // The release happens after the last reference to the experiment.
        drop(guard);
        drop(chaos);
        wait_until("both are given back", || shows("threads", 0.0));
        wait_until("the clock is no longer skewed", || shows("clock", 0.0));
        for kind in ["threads", "clock"] {
            wait_until("it is no longer requested", || {
                recorder.value("chaos_pressure_requested", kind) == Some(0.0)
            });
        }
    });
}

#[test]
fn gauges_show_requested_and_achieved_levels() {
    child::isolated(|| {
        let recorder = DebuggingRecorder::new();
        let snapshots = recorder.snapshotter();
        recorder.install().unwrap();
        let chaos = ChaosManager::new();
        let guard = chaos
            .inject(everything(), Fault::exhaust(Pressure::threads(4)))
            .unwrap();
        // A snapshot resets the values, so both come from one snapshot.
        let gauges = || -> Vec<(String, f64)> {
            let values = snapshots.snapshot().into_vec().into_iter();
            values
                .filter_map(|(key, _, _, value)| match value {
                    DebugValue::Gauge(value) => {
                        Some((key.key().name().to_owned(), value.into_inner()))
                    }
                    _ => None,
                })
                .collect()
        };
        let has = |name: &str, value: f64| (name.to_owned(), value);
        wait_until("reached", || {
            let gauges = gauges();
            gauges.contains(&has("chaos_pressure_requested", 4.0))
                && gauges.contains(&has("chaos_pressure_achieved", 4.0))
        });
        drop(guard);
        wait_until("given back", || {
            let gauges = gauges();
            gauges.contains(&has("chaos_pressure_requested", 0.0))
                && gauges.contains(&has("chaos_pressure_achieved", 0.0))
        });
    });
}
