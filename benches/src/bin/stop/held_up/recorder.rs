//! A metrics recorder that hangs.

use std::sync::Once;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use super::hold::{Hold, Holding};

pub(super) static HOLD: Hold = Hold::new();

/// Hangs in every call but on the thread that starts experiments, which chaos calls it on by design.
struct Hanging;

pub(super) fn hold_up() -> Holding {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| metrics::set_global_recorder(Hanging).expect("the only recorder"));
    HOLD.begin()
}

impl Recorder for Hanging {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        HOLD.hang();
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        HOLD.hang();
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        HOLD.hang();
        Histogram::noop()
    }
}
