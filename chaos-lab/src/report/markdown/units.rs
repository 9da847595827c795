//! Values with their units.

use std::time::Duration;

use crate::report::Unit;
use crate::statistics::{Estimate, Proportion};

pub(super) fn time(time: Duration) -> String {
    in_unit(Unit::Seconds, time.as_secs_f64())
}

pub(super) fn counted(share: Proportion) -> Option<String> {
    (share.of() > 0).then(|| format!("{} of {}", share.count(), share.of()))
}

/// The bounds of a value.
pub(super) fn between(unit: Unit, estimate: &Estimate) -> String {
    let [lower, upper] = [estimate.lower, estimate.upper].map(|bound| in_unit(unit, bound));
    match (estimate.lower.is_finite(), estimate.upper.is_finite()) {
        (true, true) => format!("{lower} to {upper}"),
        (true, false) => format!("at least {lower}"),
        (false, true) => format!("at most {upper}"),
        (false, false) => "unknown".to_owned(),
    }
}

/// A value with its bounds.
pub(super) fn bounded(unit: Unit, estimate: &Estimate) -> String {
    format!(
        "{} ({})",
        in_unit(unit, estimate.value),
        between(unit, estimate)
    )
}

pub(super) fn in_unit(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share => format!("{} %", rounded(value * 100.0)),
        Unit::Seconds if value.abs() < 1.0 => format!("{} ms", rounded(value * 1e3)),
        Unit::Seconds => format!("{} s", rounded(value)),
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
    let text = format!("{value:.digits$}");
    let text = match digits {
        0 => &text,
        _ => text.trim_end_matches('0').trim_end_matches('.'),
    };
    if text == "-0" { "0" } else { text }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_shown_and_no_negative_nothing() {
        let times =
            [0.0, -1e-9, 0.0123456, 1.0, 12.34, 1234.5].map(|value| in_unit(Unit::Seconds, value));
        assert_eq!(
            times,
            ["0 ms", "0 ms", "12.3 ms", "1 s", "12.3 s", "1234 s"]
        );
        assert_eq!(in_unit(Unit::Share, 1.0), "100 %");
    }
}
