//! Values by risk.

use serde::{Deserialize, Serialize};

use crate::Risk;

/// Values by risk; a risk without one has that of the next lower risk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByRisk<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moderate: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    critical: Option<T>,
}

// Derived, it would require `T: Default`.
impl<T> Default for ByRisk<T> {
    fn default() -> Self {
        Self {
            low: None,
            moderate: None,
            high: None,
            critical: None,
        }
    }
}

impl<T> ByRisk<T> {
    /// The value of this risk, or of the next lower one that has a value.
    pub(super) fn of(&self, risk: Risk) -> Option<&T> {
        let values = [&self.low, &self.moderate, &self.high, &self.critical];
        let up_to_risk = values.into_iter().zip(Risk::ALL).rev();
        up_to_risk
            .filter(|(_, other)| **other <= risk)
            .find_map(|(value, _)| value.as_ref())
    }

    /// The place of the value of this risk itself.
    pub(super) fn own(&mut self, risk: Risk) -> &mut Option<T> {
        match risk {
            Risk::Low => &mut self.low,
            Risk::Moderate => &mut self.moderate,
            Risk::High => &mut self.high,
            Risk::Critical => &mut self.critical,
        }
    }

    pub(super) fn map<U>(self, convert: impl Fn(T) -> U) -> ByRisk<U> {
        ByRisk {
            low: self.low.map(&convert),
            moderate: self.moderate.map(&convert),
            high: self.high.map(&convert),
            critical: self.critical.map(&convert),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.of(Risk::Critical).is_none()
    }
}
