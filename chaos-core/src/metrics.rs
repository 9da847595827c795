//! Counters, gauges and histograms, reported through the `metrics` facade if the feature is enabled.
//!
//! The crate page lists them. Operation names are never labels, as their number is unbounded.

use std::time::Duration;

use crate::EndReason;
use crate::pressure::PressureLevel;
use crate::site::SiteIdentity;

/// The handles of one experiment at one site, created once.
pub(crate) struct InjectionMetrics {
    #[cfg(feature = "metrics")]
    injected: metrics::Counter,
    #[cfg(feature = "metrics")]
    delay: metrics::Histogram,
}

impl InjectionMetrics {
    #[cfg(feature = "metrics")]
    pub(crate) fn of(experiment: &str, site: &SiteIdentity) -> Self {
        let labels = [
            ("experiment", experiment.to_owned()),
            ("service", site.service().to_string()),
            ("kind", site.kind().to_string()),
        ];
        Self {
            injected: metrics::counter!("chaos_injected_total", &labels),
            delay: metrics::histogram!("chaos_injected_delay_seconds", &labels),
        }
    }

    #[cfg(not(feature = "metrics"))]
    pub(crate) fn of(_experiment: &str, _site: &SiteIdentity) -> Self {
        Self {}
    }

    pub(crate) fn injected(&self, delay: Duration) {
        #[cfg(feature = "metrics")]
        {
            self.injected.increment(1);
            if !delay.is_zero() {
                self.delay.record(delay.as_secs_f64());
            }
        }
        #[cfg(not(feature = "metrics"))]
        let _ = delay;
    }
}

impl std::fmt::Debug for InjectionMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InjectionMetrics")
    }
}

/// Counts a started experiment.
pub(crate) fn started() {
    #[cfg(feature = "metrics")]
    metrics::gauge!("chaos_experiments_running").increment(1.0);
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
        metrics::gauge!("chaos_experiments_running").decrement(1.0);
        metrics::counter!("chaos_experiments_ended_total", "reason" => label).increment(1);
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
        metrics::gauge!("chaos_pressure_requested", &labels).set(level.requested);
        metrics::gauge!("chaos_pressure_achieved", &labels).set(level.achieved);
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (experiment, level);
}

/// Counts a refused experiment.
pub(crate) fn refused() {
    #[cfg(feature = "metrics")]
    metrics::counter!("chaos_experiments_refused_total").increment(1);
}
