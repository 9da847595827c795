//! Holidays.

use std::fmt;
use std::str::FromStr;

use super::date::{days_of_month, numbers};
use super::{Date, InvalidPolicy};
use crate::human;

/// A day on which nothing may start, in one year or in every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Holiday(Day);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Day {
    Once(Date),
    EveryYear(u8, u8),
}

impl Holiday {
    /// Creates a holiday of one year.
    #[must_use]
    pub fn on(date: Date) -> Self {
        Self(Day::Once(date))
    }

    /// Creates a holiday of every year, by month and day.
    ///
    /// # Errors
    ///
    /// When no year has such a day.
    pub fn every_year(month: u8, day: u8) -> Result<Self, InvalidPolicy> {
        /// A leap year has every day that any year has.
        const LEAP_YEAR: i16 = 2000;
        let holiday = Self(Day::EveryYear(month, day));
        if (1..=days_of_month(LEAP_YEAR, month)).contains(&day) {
            Ok(holiday)
        } else {
            Err(InvalidPolicy::NoSuchDate(holiday.to_string()))
        }
    }

    pub(super) fn is_on(self, date: Date) -> bool {
        match self.0 {
            Day::Once(once) => once == date,
            Day::EveryYear(month, day) => (month, day) == date.month_and_day(),
        }
    }
}

impl From<Date> for Holiday {
    fn from(date: Date) -> Self {
        Self::on(date)
    }
}

impl FromStr for Holiday {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        match numbers(text, [2, 2]) {
            Some([month, day]) => Self::every_year(month as u8, day as u8),
            None => text.parse().map(Self::on),
        }
    }
}

impl fmt::Display for Holiday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Day::Once(date) => date.fmt(f),
            Day::EveryYear(month, day) => write!(f, "{month:02}-{day:02}"),
        }
    }
}

human::written_as_text!(
    Holiday,
    "a date such as 2026-12-25, or 12-25 for every year",
    str::parse
);
