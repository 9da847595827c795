//! Time zones.

use std::fmt;

use super::InvalidPolicy;
use crate::human;

/// A time zone, such as `Europe/Berlin`; defaults to UTC.
///
/// The rules of all zones are part of this crate, so they don't depend on the system.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    #[cfg(feature = "files")]
    rules: jiff::tz::TimeZone,
}

impl Zone {
    /// Returns the zone of this name.
    ///
    /// # Errors
    ///
    /// When there is none. Without the feature `files`, in which nothing can start, names are not checked.
    #[cfg(feature = "files")]
    pub fn named(name: &str) -> Result<Self, InvalidPolicy> {
        let all = jiff::tz::TimeZoneDatabase::bundled();
        match all.get(name) {
            Ok(rules) if !rules.is_unknown() => Ok(Self {
                name: rules.iana_name().unwrap_or(name).to_owned(),
                rules,
            }),
            _ => {
                let names: Vec<_> = all.available().map(|name| name.to_string()).collect();
                let nearest = human::nearest(name, names.iter().map(String::as_str));
                Err(InvalidPolicy::UnknownZone {
                    name: name.to_owned(),
                    nearest: nearest.map(str::to_owned),
                })
            }
        }
    }

    #[cfg(not(feature = "files"))]
    #[allow(missing_docs, clippy::missing_errors_doc, reason = "documented above")]
    pub fn named(name: &str) -> Result<Self, InvalidPolicy> {
        Ok(Self {
            name: name.to_owned(),
        })
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[cfg(feature = "files")]
    pub(super) fn rules(&self) -> &jiff::tz::TimeZone {
        &self.rules
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self {
            name: "UTC".to_owned(),
            #[cfg(feature = "files")]
            rules: jiff::tz::TimeZone::UTC,
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

human::written_as_text!(Zone, "a time zone such as `Europe/Berlin`", Zone::named);
