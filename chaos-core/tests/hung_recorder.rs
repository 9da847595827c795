//! A recorder that hangs on every thread but the test's keeps no wait from returning.

use std::thread::{self, ThreadId};
use std::time::Duration;

use chaos_core::{BlastRadius, ChaosManager, Consent, Experiment, Fault, Pressure};

/// Hangs for good on all threads but one.
struct Hanging {
    except: ThreadId,
}

impl Hanging {
    fn hang(&self) {
        while thread::current().id() != self.except {
            thread::park();
        }
    }
}

impl metrics::Recorder for Hanging {
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

    fn register_counter(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        self.hang();
        metrics::Counter::noop()
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        self.hang();
        metrics::Gauge::noop()
    }

    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        self.hang();
        metrics::Histogram::noop()
    }
}

#[tokio::test]
async fn a_recorder_that_hangs_keeps_no_wait_for_a_pressure_from_returning() {
    let except = thread::current().id();
    metrics::set_global_recorder(Hanging { except }).unwrap();
    let chaos = ChaosManager::new();
    let skewed = Experiment::new("skewed clock")
        .fault(Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(
            60,
        ))))
        .blast_radius(BlastRadius::everything(Consent::by("a test").unwrap()));
    let guard = chaos.start(skewed).unwrap();
    chaos.halt();
    // A bound against hanging, which judges no speed.
    let halted = tokio::time::timeout(Duration::from_secs(60), chaos.halted());
    halted.await.expect("halted");
    guard.end().await;
}
