//! When experiments may start.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::Zone;

/// Whether experiments of a risk may start now, and until when that stays so.
///
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "now", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Opening {
    /// They may.
    Open {
        /// The end of the window, or the beginning of a holiday or freeze; none if there is none in the next ten years.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "crate::human::optional_timestamp_text"
        )]
        until: Option<SystemTime>,
    },
    /// They may not.
    Closed {
        /// The next time at which they may.
        #[serde(with = "crate::human::timestamp_text")]
        until: SystemTime,
    },
    /// They may not, nor in the next ten years.
    Never,
}

/// A time as a clock on the wall of a policy's time zone shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalTime {
    pub(super) time: SystemTime,
    pub(super) zone: Zone,
}

impl LocalTime {
    /// Returns the time.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.time
    }
}

/// Formats it as `Mon 2026-11-30 22:00 +01:00 (Europe/Berlin)`.
impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, zone } = self;
        #[cfg(feature = "files")]
        if let Ok(time) = jiff::Timestamp::try_from(*time) {
            let shown = time.to_zoned(zone.rules().clone());
            return write!(f, "{} ({zone})", shown.strftime("%a %Y-%m-%d %H:%M %:z"));
        }
        let _ = zone;
        f.write_str(&crate::human::format_timestamp(*time))
    }
}
