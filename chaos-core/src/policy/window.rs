//! Windows: when experiments may start.

use serde::Serialize;
use serde::de::MapAccess;

use super::days::DayList;
use super::{Days, Hours, Weekday};
use crate::human::{self, FromMap, Listed};

/// A time of the week in which experiments may start: on some days, at some hours.
///
/// It is open while a clock on the wall of the policy's time zone shows such a time. An hour that daylight saving time
/// skips is therefore never open, and one that it repeats is open twice. Hours across midnight belong to the day on
/// which they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Window {
    days: Days,
    hours: Hours,
}

impl Window {
    /// Creates a window.
    ///
    /// ```
    /// # use chaos_core::policy::{Days, Hours, Window};
    /// let at_night = Window::new(Days::WORKDAYS, Hours::between((22, 0), (6, 0))?);
    /// assert_eq!(at_night, Window::new("mon-fri".parse()?, "22:00-06:00".parse()?));
    /// # Ok::<(), chaos_core::error::InvalidPolicy>(())
    /// ```
    #[must_use]
    pub fn new(days: Days, hours: Hours) -> Self {
        Self { days, hours }
    }

    pub(super) fn hours(&self) -> Hours {
        self.hours
    }

    /// Whether it is open when a clock shows this day and this minute of the day.
    pub(super) fn is_open_at(&self, day: Weekday, minute: u16) -> bool {
        self.days.contains(day) && self.hours.contains_on_its_day(minute)
            || self.days.contains(day.before()) && self.hours.contains_on_the_next_day(minute)
    }
}

human::deserialize_by!(human::from_map: Window);

impl FromMap for Window {
    const EXPECTED: &'static str = "a window such as { days: mon-fri, hours: 09:00-17:00 }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        const KEYS: [&str; 2] = ["days", "hours"];
        let (mut days, mut hours) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "days" => human::read_once(&mut map, &key, &mut days)?,
                "hours" => human::read_once(&mut map, &key, &mut hours)?,
                unknown => return Err(human::reject_key(&mut map, unknown, KEYS)),
            }
        }
        if days.is_none() && hours.is_none() {
            return Err(human::missing_key(KEYS));
        }
        Ok(Self::new(
            days.map_or(Days::ALL, |DayList(days)| days),
            hours.unwrap_or(Hours::ALL),
        ))
    }
}

impl Listed for Window {
    const EXPECTED: &'static str =
        "a window such as { days: mon-fri, hours: 09:00-17:00 }, or a list of windows";
}
