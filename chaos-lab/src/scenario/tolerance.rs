//! The values that a probe accepts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The values that a probe accepts; without a bound, all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tolerance {
    /// The lowest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The highest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

impl Tolerance {
    /// Whether a value is within the bounds.
    #[must_use]
    pub fn accepts(self, value: f64) -> bool {
        !value.is_nan()
            && self.at_least.is_none_or(|bound| value >= bound)
            && self.at_most.is_none_or(|bound| value <= bound)
    }

    /// Whether each bound is a number.
    pub(super) fn makes_sense(self) -> bool {
        let mut bounds = [self.at_least, self.at_most].into_iter().flatten();
        bounds.all(f64::is_finite)
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => write!(f, "{least} to {most}"),
            (Some(least), None) => write!(f, "at least {least}"),
            (None, Some(most)) => write!(f, "at most {most}"),
            (None, None) => f.write_str("a number"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_the_values_and_nan_does_not() {
        let tolerance = Tolerance {
            at_least: Some(1.0),
            at_most: Some(2.0),
        };
        let accepted = [0.9, 1.0, 2.0, 2.1, f64::NAN].map(|value| tolerance.accepts(value));
        assert_eq!(accepted, [false, true, true, false, false]);
        assert!(!Tolerance::default().accepts(f64::NAN));
    }
}
