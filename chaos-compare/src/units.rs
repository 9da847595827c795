//! Values with their units, as in the reports of single runs.

use chaos_lab::report::Unit;
use chaos_lab::statistics::Estimate;

/// The bounds of a value.
pub(crate) fn between(unit: Unit, estimate: &Estimate) -> String {
    let [lower, upper] = [estimate.lower, estimate.upper].map(|bound| in_unit(unit, bound));
    match (estimate.lower.is_finite(), estimate.upper.is_finite()) {
        (true, true) => format!("{lower} to {upper}"),
        (true, false) => format!("at least {lower}"),
        (false, true) => format!("at most {upper}"),
        (false, false) => "unknown".to_owned(),
    }
}

pub(crate) fn in_unit(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share => format!("{} %", rounded(value * 100.0)),
        Unit::Seconds if value.abs() < 1.0 => format!("{} ms", rounded(value * 1e3)),
        Unit::Seconds => format!("{} s", rounded(value)),
    }
}

/// A difference, with its sign.
pub(crate) fn signed(unit: Unit, difference: f64) -> String {
    let text = in_unit(unit, difference);
    let is_zero = text.starts_with("0 ");
    let sign = if difference > 0.0 && !is_zero {
        "+"
    } else {
        ""
    };
    format!("{sign}{text}")
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
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    match text {
        "-0" => "0".to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_three_digits_and_a_unit() {
        let expected = [
            (Unit::Share, 0.1, "10 %"),
            (Unit::Share, -1e-6, "0 %"),
            (Unit::Seconds, -0.01234, "-12.3 ms"),
            (Unit::Seconds, 1.5, "1.5 s"),
            (Unit::Seconds, 123.4, "123 s"),
        ];
        for (unit, value, text) in expected {
            assert_eq!(in_unit(unit, value), text);
        }
    }

    #[test]
    fn a_difference_has_a_sign_unless_it_is_rounded_to_0() {
        let expected = [
            (0.1, "+10 %"),
            (-0.1, "-10 %"),
            (1e-6, "0 %"),
            (-1e-6, "0 %"),
        ];
        for (difference, text) in expected {
            assert_eq!(signed(Unit::Share, difference), text);
        }
    }

    #[test]
    fn a_bound_that_is_not_known_is_left_out() {
        let between = |lower, upper| between(Unit::Share, &Estimate::new(0.5, lower, upper));
        assert_eq!(between(0.4, 0.6), "40 % to 60 %");
        assert_eq!(between(0.4, f64::INFINITY), "at least 40 %");
        assert_eq!(between(f64::NEG_INFINITY, 0.6), "at most 60 %");
        assert_eq!(between(f64::NEG_INFINITY, f64::INFINITY), "unknown");
    }
}
