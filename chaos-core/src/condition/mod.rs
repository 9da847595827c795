//! Conditions that abort an experiment.

mod check;
mod criterion;
mod invalid;
mod serde;

use std::fmt;
use std::time::Duration;

use ::serde::Serialize;

pub(crate) use criterion::Criterion;
pub use criterion::Judged;
pub use invalid::InvalidCondition;

use crate::Rate;
use crate::human::{self, HumanDuration};
use crate::setters::setters;

const DEFAULT_OVER: Duration = Duration::from_secs(10);
const DEFAULT_MIN_SAMPLES: u32 = 20;
const DEFAULT_EVERY: Duration = Duration::from_secs(1);
const DEFAULT_DEADLINE: Duration = Duration::from_secs(1);

/// A condition that aborts an experiment when it is met.
///
/// Every start calls [`Condition::check`] and refuses an invalid condition, such as one with a window of zero.
///
/// ```
/// use std::time::Duration;
/// use chaos_core::{Condition, Rate};
///
/// let too_many_errors = Condition::error_rate_above(Rate::percent(5.0)?)
///     .at("orders")
///     .over(Duration::from_secs(10));
/// assert_eq!(too_many_errors.to_string(), "error rate above 5% at orders over 10s");
/// # Ok::<(), chaos_core::error::InvalidRate>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Condition {
    #[serde(flatten)]
    criterion: Criterion,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_samples: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    among: Option<Judged>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<HumanDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    every: Option<HumanDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<HumanDuration>,
}

impl Condition {
    /// Creates a condition that is met when more than this share of the operations fails.
    pub fn error_rate_above(rate: Rate) -> Self {
        Criterion::ErrorRate(rate).into()
    }

    /// Creates a condition that is met when a quantile of the latency exceeds `limit`.
    pub fn latency_above(quantile: Rate, limit: Duration) -> Self {
        Criterion::Latency { quantile, limit }.into()
    }

    /// Creates a condition that is met when `count` consecutive operations fail.
    pub fn consecutive_failures(count: u32) -> Self {
        Criterion::ConsecutiveFailures(count).into()
    }

    /// Creates a condition that is met when the probe registered as `name` fails.
    pub fn probe(name: impl Into<String>) -> Self {
        Criterion::Probe(name.into()).into()
    }

    setters! {
        /// Judges the sites of `service` instead of all server sites.
        pub fn at(service: impl Into<String>) = Some(service.into());

        /// Sets the length of the sliding window; defaults to 10 s.
        pub fn over(window: Duration) = Some(HumanDuration(window));

        /// Sets the minimum number of operations to judge; defaults to 20.
        pub fn min_samples(samples: u32) = Some(samples);

        /// Judges only these operations; defaults to all.
        pub fn among(judged: Judged) = Some(judged);

        /// Sets the interval between runs of the probe; defaults to 1 s.
        pub fn every(interval: Duration) = Some(HumanDuration(interval));

        /// Sets the deadline of each run of the probe; defaults to 1 s.
        pub fn deadline(deadline: Duration) = Some(HumanDuration(deadline));
    }
}

impl Condition {
    pub(crate) fn criterion(&self) -> &Criterion {
        &self.criterion
    }

    /// The service whose sites are judged; without one, all server sites are.
    pub(crate) fn site(&self) -> Option<&str> {
        self.at.as_deref()
    }

    pub(crate) fn window(&self) -> Duration {
        self.over.map_or(DEFAULT_OVER, |HumanDuration(time)| time)
    }

    pub(crate) fn least_samples(&self) -> u32 {
        self.min_samples.unwrap_or(DEFAULT_MIN_SAMPLES)
    }

    pub(crate) fn judged(&self) -> Judged {
        self.among.unwrap_or_default()
    }

    /// Whether it judges outcomes of operations, unlike a probe.
    pub(crate) fn judges_outcomes(&self) -> bool {
        !matches!(self.criterion, Criterion::Probe(_))
    }

    pub(crate) fn probe_interval(&self) -> Duration {
        self.every.map_or(DEFAULT_EVERY, |HumanDuration(time)| time)
    }

    pub(crate) fn probe_deadline(&self) -> Duration {
        self.deadline
            .map_or(DEFAULT_DEADLINE, |HumanDuration(time)| time)
    }
}

impl From<Criterion> for Condition {
    fn from(criterion: Criterion) -> Self {
        Self {
            criterion,
            at: None,
            min_samples: None,
            among: None,
            over: None,
            every: None,
            deadline: None,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.criterion {
            Criterion::ErrorRate(rate) => write!(f, "error rate above {rate}")?,
            Criterion::Latency { quantile, limit } => write!(
                f,
                "{} latency above {}",
                human::format_quantile(*quantile),
                human::format_duration(*limit)
            )?,
            Criterion::ConsecutiveFailures(count) => write!(f, "{count} consecutive failures")?,
            Criterion::Probe(name) => write!(f, "probe {name} fails")?,
        }
        if let Some(service) = &self.at {
            write!(f, " at {service}")?;
        }
        match self.judged() {
            Judged::All => {}
            Judged::Treated => f.write_str(" among treated operations")?,
            Judged::Untreated => f.write_str(" among untreated operations")?,
        }
        match self.criterion {
            Criterion::ErrorRate(_) | Criterion::Latency { .. } => {
                write!(f, " over {}", human::format_duration(self.window()))
            }
            Criterion::ConsecutiveFailures(_) | Criterion::Probe(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
