//! A metrics recorder that misbehaves.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

use crate::dice::Dice;
use crate::hostile::{Worst, misbehave};

/// Misbehaves whenever it is asked for a metric, which is at every report but those of one experiment's injections.
pub(crate) struct HostileRecorder(pub(crate) Dice);

impl HostileRecorder {
    fn misbehave(&self) {
        misbehave(&self.0, Worst::Hang, 2_000);
    }
}

impl metrics::Recorder for HostileRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        self.misbehave();
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        self.misbehave();
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        self.misbehave();
        Histogram::noop()
    }
}
