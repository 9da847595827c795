//! Days of the calendar.

use std::fmt;
use std::str::FromStr;

use super::InvalidPolicy;
use crate::human;

/// A day of the calendar, such as `2026-12-25`, in the time zone of its policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i16,
    month: u8,
    day: u8,
}

impl Date {
    /// Creates the date of a year from 1 to 9999, a month and a day.
    ///
    /// # Errors
    ///
    /// When the calendar has no such day.
    pub fn new(year: i16, month: u8, day: u8) -> Result<Self, InvalidPolicy> {
        let date = Self { year, month, day };
        let exists = (1..=9999).contains(&year) && (1..=days_of_month(year, month)).contains(&day);
        exists
            .then_some(date)
            .ok_or_else(|| InvalidPolicy::NoSuchDate(date.to_string()))
    }

    pub(super) fn month_and_day(self) -> (u8, u8) {
        (self.month, self.day)
    }
}

/// The number of days of a month; zero if there is no such month.
pub(super) fn days_of_month(year: i16, month: u8) -> u8 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// Parses numbers of exactly these widths between hyphens.
pub(super) fn numbers<const N: usize>(text: &str, widths: [usize; N]) -> Option<[i16; N]> {
    let mut parts = text.split('-');
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next()?;
        let is_number = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = is_number.then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

impl FromStr for Date {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        let unknown = || InvalidPolicy::NoSuchDate(text.to_owned());
        let [year, month, day] = numbers(text, [4, 2, 2]).ok_or_else(unknown)?;
        Self::new(year, month as u8, day as u8)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

human::written_as_text!(Date, "a date such as 2026-12-25", str::parse);

#[cfg(feature = "files")]
impl From<jiff::civil::Date> for Date {
    fn from(date: jiff::civil::Date) -> Self {
        Self {
            year: date.year(),
            month: date.month() as u8,
            day: date.day() as u8,
        }
    }
}
