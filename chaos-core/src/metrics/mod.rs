//! Counters, gauges and histograms, reported through the `metrics` facade if the feature is enabled.
//!
//! The crate page lists them. Operation names are never labels, as their number is unbounded. The recorder is user code,
//! whose panics are contained: one must neither fail an operation nor keep the undos of an experiment from running.

#[cfg(all(feature = "metrics", feature = "inject"))]
mod later;

use std::sync::Arc;
#[cfg(feature = "metrics")]
use std::sync::OnceLock;
use std::time::Duration;

use crate::EndReason;
#[cfg(feature = "metrics")]
use crate::SiteKind;
#[cfg(feature = "metrics")]
use crate::contain::contain;
use crate::pressure::PressureLevel;
use crate::site::SiteIdentity;

/// The metrics of one experiment at one site.
///
/// The recorder is user code, so the handles are created by the first injection instead of under the manager's lock.
pub(crate) struct InjectionMetrics {
    #[cfg(feature = "metrics")]
    labels: (Arc<str>, Arc<str>, SiteKind),
    #[cfg(feature = "metrics")]
    handles: OnceLock<(metrics::Counter, metrics::Histogram)>,
}

impl InjectionMetrics {
    #[cfg(feature = "metrics")]
    pub(crate) fn of(experiment: &Arc<str>, site: &SiteIdentity) -> Self {
        Self {
            labels: (
                Arc::clone(experiment),
                Arc::clone(site.service()),
                site.kind(),
            ),
            handles: OnceLock::new(),
        }
    }

    #[cfg(not(feature = "metrics"))]
    pub(crate) fn of(_experiment: &Arc<str>, _site: &SiteIdentity) -> Self {
        Self {}
    }

    pub(crate) fn injected(&self, delay: Duration) {
        #[cfg(feature = "metrics")]
        contain(|| {
            // Not by `get_or_init`, in which a recorder that meets the same fault itself would deadlock.
            let (injected, delays) = match self.handles.get() {
                Some(handles) => handles,
                None => {
                    let handles = self.register();
                    self.handles.get_or_init(|| handles)
                }
            };
            injected.increment(1);
            if !delay.is_zero() {
                delays.record(delay.as_secs_f64());
            }
        });
        #[cfg(not(feature = "metrics"))]
        let _ = delay;
    }

    #[cfg(feature = "metrics")]
    fn register(&self) -> (metrics::Counter, metrics::Histogram) {
        let (experiment, service, kind) = &self.labels;
        let labels = [
            ("experiment", experiment.to_string()),
            ("service", service.to_string()),
            ("kind", kind.to_string()),
        ];
        (
            metrics::counter!("chaos_injected_total", &labels),
            metrics::histogram!("chaos_injected_delay_seconds", &labels),
        )
    }
}

impl std::fmt::Debug for InjectionMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InjectionMetrics")
    }
}

/// The handles are parts of the recorder, so their drop is user code as well; a plan is dropped under the table's lock.
#[cfg(feature = "metrics")]
impl Drop for InjectionMetrics {
    fn drop(&mut self) {
        if let Some(handles) = self.handles.take() {
            later(move || drop(handles));
        }
    }
}

#[cfg(all(feature = "metrics", feature = "inject"))]
pub(crate) use later::{later, prepare};

/// Without a recorder, there is nothing to report.
#[cfg(not(feature = "metrics"))]
pub(crate) fn later(_report: impl FnOnce() + Send + 'static) {}

/// Without a recorder, there is no thread to start.
#[cfg(not(feature = "metrics"))]
pub(crate) fn prepare() {}

/// Counts a started experiment.
pub(crate) fn started() {
    #[cfg(feature = "metrics")]
    contain(|| metrics::gauge!("chaos_experiments_running").increment(1.0));
}

/// Counts an ended experiment.
pub(crate) fn ended(reason: &EndReason) {
    #[cfg(feature = "metrics")]
    {
        let label = match reason {
            EndReason::Dropped => "dropped",
            EndReason::Stopped => "stopped",
            EndReason::TimeLimit => "time_limit",
            EndReason::Halted => "halted",
            EndReason::Aborted(_) => "aborted",
            EndReason::ManagerDropped => "manager_dropped",
        };
        contain(|| metrics::gauge!("chaos_experiments_running").decrement(1.0));
        contain(|| {
            metrics::counter!("chaos_experiments_ended_total", "reason" => label).increment(1);
        });
    }
    #[cfg(not(feature = "metrics"))]
    let _ = reason;
}

/// Records the level of a pressure.
pub(crate) fn pressure(experiment: &str, level: PressureLevel) {
    #[cfg(feature = "metrics")]
    {
        let labels = [
            ("experiment", experiment.to_owned()),
            ("kind", level.kind.to_string()),
        ];
        contain(|| metrics::gauge!("chaos_pressure_requested", &labels).set(level.requested));
        contain(|| metrics::gauge!("chaos_pressure_achieved", &labels).set(level.achieved));
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (experiment, level);
}

/// Counts journal entries that a sink did not take in time.
pub(crate) fn lost(entries: u64) {
    #[cfg(feature = "metrics")]
    contain(|| metrics::counter!("chaos_journal_lost_total").increment(entries));
    #[cfg(not(feature = "metrics"))]
    let _ = entries;
}

/// Counts a refused experiment.
pub(crate) fn refused() {
    #[cfg(feature = "metrics")]
    contain(|| metrics::counter!("chaos_experiments_refused_total").increment(1));
}
