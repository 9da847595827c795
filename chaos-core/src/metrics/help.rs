//! The help texts of metrics.

use metrics::{describe_counter, describe_gauge, describe_histogram};

use crate::contain::contain;

/// Gives the recorder the help text of every metric.
///
/// A service may set its recorder at any time, so this comes before every registration of a handle.
pub(super) fn describe() {
    contain(|| {
        describe_counter!("chaos_injected_total", "Operations that received a fault.");
        describe_histogram!(
            "chaos_injected_delay_seconds",
            "Injected delay per delayed operation."
        );
        describe_gauge!(
            "chaos_experiments_running",
            "Whether an experiment runs in this process."
        );
        describe_counter!(
            "chaos_experiments_ended_total",
            "Experiments that ended, by reason."
        );
        describe_counter!("chaos_experiments_refused_total", "Refused experiments.");
        describe_counter!(
            "chaos_journal_lost_total",
            "Journal entries that a sink did not take in time."
        );
        describe_gauge!("chaos_pressure_requested", "Requested level of a pressure.");
        describe_gauge!("chaos_pressure_achieved", "Current level of a pressure.");
    });
}
