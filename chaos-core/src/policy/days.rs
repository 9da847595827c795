//! Days of the week.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidPolicy;
use crate::human::{self, Listed, OneOrMany, named};

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

named!(Weekday {
    Monday => "mon",
    Tuesday => "tue",
    Wednesday => "wed",
    Thursday => "thu",
    Friday => "fri",
    Saturday => "sat",
    Sunday => "sun",
});

impl Weekday {
    /// The day before.
    pub(super) fn before(self) -> Self {
        Self::ALL[(self as usize + 6) % 7]
    }

    #[cfg(feature = "files")]
    pub(super) fn of(date: jiff::civil::Date) -> Self {
        Self::ALL[date.weekday().to_monday_zero_offset() as usize]
    }
}

impl FromStr for Weekday {
    type Err = InvalidPolicy;

    fn from_str(name: &str) -> Result<Self, InvalidPolicy> {
        let mut all = Self::ALL.iter().copied();
        all.find(|day| day.name() == name).ok_or_else(|| {
            let known = Self::ALL.iter().map(|day| day.name());
            InvalidPolicy::NoSuchDay(human::unknown_word("day", name, known))
        })
    }
}

/// Some days of the week, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Days(u8);

impl Days {
    /// Every day of the week.
    pub const ALL: Self = Self(0b111_1111);
    /// From Monday to Friday.
    pub const WORKDAYS: Self = Self(0b001_1111);
    /// Saturday and Sunday.
    pub const WEEKEND: Self = Self(0b110_0000);

    /// Collects days.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub fn of(days: impl IntoIterator<Item = Weekday>) -> Result<Self, InvalidPolicy> {
        let days = days.into_iter().fold(0, |days, day| days | bit(day));
        (days != 0)
            .then_some(Self(days))
            .ok_or(InvalidPolicy::NoDays)
    }

    /// The days from one to another, both included, such as Saturday to Monday.
    #[must_use]
    pub fn between(first: Weekday, last: Weekday) -> Self {
        let from_first = Weekday::ALL.iter().cycle().skip(first as usize);
        let length = (last as usize + 7 - first as usize) % 7 + 1;
        Self(
            from_first
                .take(length)
                .fold(0, |days, day| days | bit(*day)),
        )
    }

    /// Whether it contains this day.
    #[must_use]
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & bit(day) != 0
    }

    fn each(self) -> impl Iterator<Item = Weekday> {
        let all = Weekday::ALL.iter().copied();
        all.filter(move |day| self.contains(*day))
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day as u8
}

/// Parses one day such as `mon`, or a range such as `mon-fri`.
impl FromStr for Days {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        Ok(match text.split_once('-') {
            Some((first, last)) => Self::between(first.parse()?, last.parse()?),
            None => Self(bit(text.parse()?)),
        })
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.each().map(Weekday::name).collect();
        f.write_str(&names.join(", "))
    }
}

impl Serialize for Days {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.each().map(Weekday::name))
    }
}

/// Reads one day or range, as an item of a list.
impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::parsed_text(
            deserializer,
            "a day such as `mon`, or `mon-fri`",
            str::parse,
        )
    }
}

impl Listed for Days {
    const EXPECTED: &'static str = "days such as `mon-fri`, or a list such as [mon, wed]";
}

/// One item or a list of them.
pub(super) struct DayList(pub(super) Days);

impl<'de> Deserialize<'de> for DayList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let OneOrMany(items) = OneOrMany::<Days>::deserialize(deserializer)?;
        let days = Days::of(items.into_iter().flat_map(Days::each));
        days.map(Self).map_err(serde::de::Error::custom)
    }
}
