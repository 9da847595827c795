//! Values with their units.

use std::fmt::Display;
use std::time::Duration;

use crate::statistics::{Estimate, Proportion};

/// The unit of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Shares of one.
    Share,
    /// Seconds.
    Seconds,
    /// A number whose unit only its source knows.
    Number,
}

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

pub(super) fn or_nothing(value: Option<impl Display>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| value.to_string())
}

pub(super) fn time(time: Duration) -> String {
    Unit::Seconds.format(time.as_secs_f64())
}

pub(super) fn counted(share: Proportion) -> Option<String> {
    (share.of() > 0).then(|| format!("{} of {}", share.count(), share.of()))
}

/// A value with its bounds.
pub(super) fn bounded(unit: Unit, estimate: &Estimate) -> String {
    let (value, bounds) = (unit.format(estimate.value), unit.format_bounds(estimate));
    format!("{value} ({bounds})")
}

impl Unit {
    /// A value as people read it, with its unit.
    #[must_use]
    pub fn format(self, value: f64) -> String {
        match self {
            Self::Share => format!("{} %", rounded(value * 100.0)),
            Self::Seconds if value.abs() < 1.0 => format!("{} ms", rounded(value * 1e3)),
            Self::Seconds => format!("{} s", rounded(value)),
            // What counts may be far behind the point, as in an uptime of 99.95.
            Self::Number => trimmed(&format!("{value:.3}")),
        }
    }

    /// The bounds of a value as people read them.
    #[must_use]
    pub fn format_bounds(self, estimate: &Estimate) -> String {
        let [lower, upper] = [estimate.lower, estimate.upper].map(|bound| self.format(bound));
        match (estimate.lower.is_finite(), estimate.upper.is_finite()) {
            (true, true) => format!("{lower} to {upper}"),
            (true, false) => format!("at least {lower}"),
            (false, true) => format!("at most {upper}"),
            (false, false) => "unknown".to_owned(),
        }
    }
}

/// Three digits say as much as a measurement knows.
fn rounded(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        small if small < 10.0 => 2,
        middle if middle < 100.0 => 1,
        _ => 0,
    };
    trimmed(&format!("{value:.digits$}"))
}

/// A number without the zeros that say nothing.
fn trimmed(number: &str) -> String {
    let text = match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    };
    if text == "-0" { "0" } else { text }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_shown_and_no_negative_nothing() {
        let times =
            [0.0, -1e-9, 0.0123456, 1.0, 12.34, 1234.5].map(|value| Unit::Seconds.format(value));
        assert_eq!(
            times,
            ["0 ms", "0 ms", "12.3 ms", "1 s", "12.3 s", "1234 s"]
        );
        assert_eq!(Unit::Share.format(1.0), "100 %");
    }

    #[test]
    fn values_have_three_digits_and_a_unit() {
        let expected = [
            (Unit::Share, 0.1, "10 %"),
            (Unit::Share, -1e-6, "0 %"),
            (Unit::Seconds, -0.01234, "-12.3 ms"),
            (Unit::Seconds, 1.5, "1.5 s"),
            (Unit::Seconds, 123.4, "123 s"),
            (Unit::Number, 99.95, "99.95"),
            (Unit::Number, -0.0001, "0"),
            (Unit::Number, 1200.0, "1200"),
        ];
        for (unit, value, text) in expected {
            assert_eq!(unit.format(value), text);
        }
    }

    #[test]
    fn a_bound_that_is_not_known_is_left_out() {
        let between = |lower, upper| Unit::Share.format_bounds(&Estimate::new(0.5, lower, upper));
        assert_eq!(between(0.4, 0.6), "40 % to 60 %");
        assert_eq!(between(0.4, f64::INFINITY), "at least 40 %");
        assert_eq!(between(f64::NEG_INFINITY, 0.6), "at most 60 %");
        assert_eq!(between(f64::NEG_INFINITY, f64::INFINITY), "unknown");
    }
}
