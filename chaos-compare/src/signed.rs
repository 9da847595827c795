//! Differences with their sign.

use chaos_lab::report::Unit;

/// A difference, with its sign.
pub(crate) fn signed(unit: Unit, difference: f64) -> String {
    let text = unit.format(difference);
    let is_zero = text.starts_with("0 ");
    let sign = if difference > 0.0 && !is_zero {
        "+"
    } else {
        ""
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
