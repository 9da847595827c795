//! When an entry is due.

use std::fmt;
use std::str::FromStr;

use chaos_core::adapter::HumanDuration;
use chaos_core::policy::Zone;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::civil::date;
use serde::{Deserialize, Serialize};

use crate::zone::rules;

/// When an entry is due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum When {
    /// At intervals, counted from the time when the entry was added.
    Every(HumanDuration),
    /// By the clock of a time zone.
    Cron {
        /// The five fields.
        pattern: CronPattern,
        /// The zone.
        time_zone: Zone,
    },
}

impl When {
    /// The first due time after a time, for an entry that was added at another.
    pub(super) fn next_after(&self, after: Timestamp, added: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(every) => {
                let every = i128::try_from(every.0.as_nanos()).ok()?;
                let added = added.as_nanosecond();
                let passed = (after.as_nanosecond() - added).max(0).checked_div(every)?;
                Timestamp::from_nanosecond(added + (passed + 1) * every).ok()
            }
            Self::Cron { pattern, time_zone } => {
                let after = after.to_zoned(rules(time_zone));
                let next = pattern.0.find_next_occurrence(&after, false).ok()?;
                Some(next.timestamp())
            }
        }
    }

    /// A time as the entry counts it: in its zone.
    #[must_use]
    pub fn local(&self, time: Timestamp) -> String {
        match self {
            Self::Every(_) => time.to_string(),
            Self::Cron { time_zone, .. } => {
                let local = time.to_zoned(rules(time_zone));
                local.strftime("%F %R %Z").to_string()
            }
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(every) => write!(f, "every {every}"),
            Self::Cron { pattern, time_zone } => {
                let words = pattern.0.describe();
                let words = words.trim_end_matches('.');
                write!(
                    f,
                    "{}{} ({time_zone})",
                    words[..1].to_lowercase(),
                    &words[1..]
                )
            }
        }
    }
}

/// The five fields of a cron: minute, hour, day of the month, month, day of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CronPattern(Box<Cron>);

impl FromStr for CronPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed);
        let expected = |problem: &dyn fmt::Display| {
            format!("expected a pattern such as `30 2 * * mon-fri`, found {text:?}: {problem}")
        };
        let cron = parser.build().parse(text);
        let cron = cron.map_err(|problem| expected(&problem))?;
        let some_time = date(2000, 1, 1).at(0, 0, 0, 0);
        match cron.find_next_occurrence(&some_time, true) {
            Ok(_) => Ok(Self(Box::new(cron))),
            Err(_) => Err(expected(&"no day is such a day")),
        }
    }
}

impl TryFrom<String> for CronPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<CronPattern> for String {
    fn from(pattern: CronPattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}
