//! Checks whether a condition is valid.

use super::{Condition, Criterion, InvalidCondition};
use crate::Rate;
use crate::human::HumanDuration;

impl Condition {
    /// Checks the condition and returns its first problem.
    ///
    /// # Errors
    ///
    /// When a name is empty, a number or time is zero, the criterion can never be met, or a key does not apply to the
    /// criterion.
    pub fn check(&self) -> Result<(), InvalidCondition> {
        self.check_criterion()?;
        self.check_keys()?;
        let is_zero = |time: Option<HumanDuration>| time.is_some_and(|time| time.is_zero());
        let zeros = [
            ("over", is_zero(self.over)),
            ("min_samples", self.min_samples == Some(0)),
            ("every", is_zero(self.every)),
            ("deadline", is_zero(self.deadline)),
        ];
        if let Some((key, _)) = zeros.into_iter().find(|(_, zero)| *zero) {
            return Err(InvalidCondition::Zero { key });
        }
        if self.at.as_deref() == Some("") {
            return Err(InvalidCondition::NoName { key: "at" });
        }
        Ok(())
    }

    fn check_criterion(&self) -> Result<(), InvalidCondition> {
        let key = self.criterion.key();
        match &self.criterion {
            Criterion::ErrorRate(rate) if *rate == Rate::ALWAYS => {
                Err(InvalidCondition::NeverAbove)
            }
            Criterion::Latency { quantile, .. } if *quantile == Rate::NEVER => {
                Err(InvalidCondition::NoQuantile)
            }
            Criterion::ConsecutiveFailures(0) => Err(InvalidCondition::Zero { key }),
            Criterion::Probe(name) if name.is_empty() => Err(InvalidCondition::NoName { key }),
            _ => Ok(()),
        }
    }

    /// Refuses keys that would have no effect on the criterion.
    fn check_keys(&self) -> Result<(), InvalidCondition> {
        let windowed = matches!(
            self.criterion,
            Criterion::ErrorRate(_) | Criterion::Latency { .. }
        );
        let probed = matches!(self.criterion, Criterion::Probe(_));
        let keys = [
            ("at", self.at.is_some(), !probed),
            ("over", self.over.is_some(), windowed),
            ("min_samples", self.min_samples.is_some(), windowed),
            ("among", self.among.is_some(), !probed),
            ("every", self.every.is_some(), probed),
            ("deadline", self.deadline.is_some(), probed),
        ];
        match keys
            .into_iter()
            .find(|(_, is_set, applies)| *is_set && !*applies)
        {
            Some((key, ..)) => Err(InvalidCondition::Misplaced {
                key,
                criterion: self.criterion.key(),
            }),
            None => Ok(()),
        }
    }
}

impl Criterion {
    /// The key, as written in files.
    pub(super) fn key(&self) -> &'static str {
        match self {
            Self::ErrorRate(_) => "error_rate",
            Self::Latency { .. } => "latency",
            Self::ConsecutiveFailures(_) => "consecutive_failures",
            Self::Probe(_) => "probe",
        }
    }
}
