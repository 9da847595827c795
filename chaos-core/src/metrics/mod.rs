//! Counters, gauges and histograms, reported through the `metrics` facade.
//!
//! Their names and help texts come from the [table](crate::metric). The recorder is user code, whose panics are contained:
//! one must neither fail an operation nor keep the undos of an experiment from running.

mod help;
mod injections;
mod later;

use help::describe;
pub(crate) use injections::InjectionMetrics;

use crate::EndReason;
use crate::contain::contain;
use crate::journal::SafetyViolation;
use crate::metric::{self, Metric};
use crate::pressure::PressureLevel;

pub(crate) use later::{later, prepare};

/// Shows an experiment that starts.
pub(crate) fn started(experiment: &str) {
    describe();
    for metric in RUNNING {
        contain(|| running(metric, experiment).increment(1.0));
    }
}

/// Counts an experiment that ended, and shows it no longer.
pub(crate) fn ended(experiment: &str, reason: &EndReason) {
    let label = reason.label();
    for metric in RUNNING {
        contain(|| running(metric, experiment).decrement(1.0));
    }
    contain(|| {
        metrics::counter!(metric::EXPERIMENTS_ENDED.name, "reason" => label).increment(1);
    });
}

/// The gauges of one experiment, which another manager may run as well.
const RUNNING: [Metric; 2] = [metric::EXPERIMENT_ACTIVE, metric::EXPERIMENTS_RUNNING];

fn running(metric: Metric, experiment: &str) -> metrics::Gauge {
    metrics::gauge!(metric.name, "experiment" => experiment.to_owned())
}

/// Records the level of a pressure.
pub(crate) fn pressure(experiment: &str, level: PressureLevel) {
    let labels = [
        ("experiment", experiment.to_owned()),
        ("kind", level.kind.to_string()),
    ];
    contain(|| metrics::gauge!(metric::PRESSURE_REQUESTED.name, &labels).set(level.requested));
    contain(|| metrics::gauge!(metric::PRESSURE_ACHIEVED.name, &labels).set(level.achieved));
}

/// Counts journal entries that a sink did not take in time.
pub(crate) fn lost(entries: u64) {
    contain(|| metrics::counter!(metric::JOURNAL_LOST.name).increment(entries));
}

/// Counts a refused experiment.
pub(crate) fn refused() {
    describe();
    contain(|| metrics::counter!(metric::EXPERIMENTS_REFUSED.name).increment(1));
}

/// Counts that a safety limit had to step in.
pub(crate) fn violation(violation: SafetyViolation) {
    let kind = violation.name();
    contain(|| metrics::counter!(metric::SAFETY_VIOLATION.name, "kind" => kind).increment(1));
}
