//! Hours of a day.

use std::fmt;
use std::str::FromStr;

use super::InvalidPolicy;
use crate::human;

/// The minutes of a day.
const DAY: u16 = 24 * 60;

/// A span of the day, such as `09:00-17:00`, or `22:00-06:00` across midnight; its end is not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hours {
    /// The minute of the day, less than that of midnight.
    from: u16,
    /// At most the minute of midnight; before `from` if it is on the next day.
    to: u16,
}

impl Hours {
    /// The whole day.
    pub const ALL: Self = Self { from: 0, to: DAY };

    /// Creates the span between two times, each an hour and a minute; an end before the beginning is on the next day.
    ///
    /// ```
    /// # use chaos_core::policy::Hours;
    /// assert_eq!(Hours::between((22, 0), (6, 30))?.to_string(), "22:00-06:30");
    /// # Ok::<(), chaos_core::error::InvalidPolicy>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a time is none, or both are the same. Only the end may be 24:00.
    pub fn between(from: (u8, u8), to: (u8, u8)) -> Result<Self, InvalidPolicy> {
        let span = || format!("{}-{}", Time(from), Time(to));
        let minute = |time| minute_of(time).ok_or_else(|| InvalidPolicy::NoSuchHours(span()));
        let (from, to) = (minute(from)?, minute(to)?);
        if from == DAY {
            return Err(InvalidPolicy::NoSuchHours(span()));
        }
        if from == to {
            return Err(InvalidPolicy::NoHours(span()));
        }
        Ok(Self { from, to })
    }

    /// The minutes of the day at which it begins and ends; an end at midnight is minute 0.
    pub(super) fn ends(self) -> [u16; 2] {
        [self.from, self.to % DAY]
    }

    /// Whether it contains a minute of the day on which it begins.
    pub(super) fn contains_on_its_day(self, minute: u16) -> bool {
        minute >= self.from && (self.crosses_midnight() || minute < self.to)
    }

    /// Whether it contains a minute of the day after that on which it begins.
    pub(super) fn contains_on_the_next_day(self, minute: u16) -> bool {
        self.crosses_midnight() && minute < self.to
    }

    fn crosses_midnight(self) -> bool {
        self.to < self.from
    }
}

fn minute_of((hour, minute): (u8, u8)) -> Option<u16> {
    let of_day = u16::from(hour) * 60 + u16::from(minute);
    (minute < 60 && of_day <= DAY).then_some(of_day)
}

/// An hour and a minute.
struct Time((u8, u8));

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = self.0;
        write!(f, "{hour:02}:{minute:02}")
    }
}

impl FromStr for Hours {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        let time = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let number = |part: &str| {
                let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
                is_number.then(|| part.parse::<u8>().ok())?
            };
            Some((number(hour)?, number(minute)?))
        };
        text.split_once('-')
            .and_then(|(from, to)| Some((time(from)?, time(to)?)))
            .ok_or_else(|| InvalidPolicy::NoSuchHours(text.to_owned()))
            .and_then(|(from, to)| Self::between(from, to))
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |minute: u16| Time(((minute / 60) as u8, (minute % 60) as u8));
        write!(f, "{}-{}", time(self.from), time(self.to))
    }
}

human::written_as_text!(Hours, "hours such as `09:00-17:00`", str::parse);
