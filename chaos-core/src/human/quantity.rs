//! Numbers with a unit, read without floats.

/// A text that is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {text:?}: {problem}")]
pub(crate) struct InvalidQuantity {
    pub(super) expected: &'static str,
    pub(super) text: String,
    pub(super) problem: Problem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("it is empty")]
    Empty,
    #[error("a number is missing")]
    NoNumber,
    #[error("a unit is missing")]
    NoUnit,
    #[error("units are {0}")]
    UnknownUnit(&'static str),
    #[error("units go from large to small, each once")]
    Order,
    #[error("only the last number may have a fraction")]
    Fraction,
    #[error("it is finer than a nanosecond")]
    TooFine,
    #[error("it is too long")]
    TooLong,
    #[error("it is too large")]
    TooLarge,
}

/// The digits of a fraction that matter: an hour of nanoseconds is divisible by 2^13 but not by 2^14.
const FRACTION_DIGITS: usize = 13;

/// Splits text after the number at its start.
pub(super) fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    text.split_at(end.unwrap_or(text.len()))
}

/// A number of units, rounded down.
pub(super) struct Scaled {
    pub(super) total: u128,
    pub(super) is_exact: bool,
}

/// Multiplies a decimal number; the result is `None` if it is too large.
pub(super) fn scale(number: &str, unit: u128) -> Result<Option<Scaled>, Problem> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(Problem::NoNumber);
    }
    let fraction = fraction.trim_end_matches('0');
    let digits = &fraction[..fraction.len().min(FRACTION_DIGITS)];
    let part = unit * digits.parse::<u128>().unwrap_or_default();
    let divisor = 10_u128.pow(digits.len() as u32);
    let is_exact = digits == fraction && part.is_multiple_of(divisor);
    let whole = whole.parse::<u128>().ok();
    let total = whole.and_then(|whole| whole.checked_mul(unit)?.checked_add(part / divisor));
    Ok(total.map(|total| Scaled { total, is_exact }))
}
