//! Sizes in messages.

/// The units, with the exponents of their powers of two.
const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];

/// Writes a size in the largest unit of which it has at least ten, rounded down to a whole number.
pub(crate) fn format_bytes(bytes: u64) -> String {
    match UNITS.iter().find(|(_, exponent)| bytes >> exponent >= 10) {
        Some((unit, exponent)) => format!("{} {unit}", bytes >> exponent),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_with_two_digits_is_used() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (10_239, "10239 bytes"),
            (10_240, "10 KiB"),
            (9 << 30, "9216 MiB"),
            (10 << 30, "10 GiB"),
        ] {
            assert_eq!(format_bytes(bytes), text);
        }
    }
}
