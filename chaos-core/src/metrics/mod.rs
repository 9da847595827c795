//! Counters, gauges and histograms, reported through the `metrics` facade.
//!
//! The crate page lists them. Operation names are never labels, as their number is unbounded. The recorder is user code,
//! whose panics are contained: one must neither fail an operation nor keep the undos of an experiment from running.

mod help;
mod injections;
mod later;

use help::describe;
pub(crate) use injections::InjectionMetrics;

use crate::EndReason;
use crate::contain::contain;
use crate::pressure::PressureLevel;

pub(crate) use later::{later, prepare};

/// Shows an experiment that starts.
pub(crate) fn started(experiment: &str) {
    describe();
    contain(|| running(experiment).increment(1.0));
}

/// Counts an experiment that ended, and shows it no longer.
pub(crate) fn ended(experiment: &str, reason: &EndReason) {
    let label = reason.label();
    contain(|| running(experiment).decrement(1.0));
    contain(|| {
        metrics::counter!("chaos_experiments_ended_total", "reason" => label).increment(1);
    });
}

/// The gauge of one experiment, which another manager may run as well.
fn running(experiment: &str) -> metrics::Gauge {
    metrics::gauge!("chaos_experiments_running", "experiment" => experiment.to_owned())
}

/// Records the level of a pressure.
pub(crate) fn pressure(experiment: &str, level: PressureLevel) {
    let labels = [
        ("experiment", experiment.to_owned()),
        ("kind", level.kind.to_string()),
    ];
    contain(|| metrics::gauge!("chaos_pressure_requested", &labels).set(level.requested));
    contain(|| metrics::gauge!("chaos_pressure_achieved", &labels).set(level.achieved));
}

/// Counts journal entries that a sink did not take in time.
pub(crate) fn lost(entries: u64) {
    contain(|| metrics::counter!("chaos_journal_lost_total").increment(entries));
}

/// Counts a refused experiment.
pub(crate) fn refused() {
    describe();
    contain(|| metrics::counter!("chaos_experiments_refused_total").increment(1));
}
