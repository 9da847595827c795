//! Freezes.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Date, InvalidPolicy};

/// Days on which nothing may start, such as those of a sale: from one date until another, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Freeze {
    from: Date,
    until: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Freeze {
    /// Creates a freeze of all days from `from` until `until`, both included.
    ///
    /// # Errors
    ///
    /// When it ends before it begins.
    pub fn new(from: Date, until: Date) -> Result<Self, InvalidPolicy> {
        if until < from {
            return Err(InvalidPolicy::Backwards { from, until });
        }
        let why = None;
        Ok(Self { from, until, why })
    }

    /// Sets the reason, which refusals name.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    pub(super) fn is_on(&self, date: Date) -> bool {
        (self.from..=self.until).contains(&date)
    }
}

/// Formats it as `2026-12-18 until 2027-01-03 (Christmas sale)`.
impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} until {}", self.from, self.until)?;
        match &self.why {
            Some(why) => write!(f, " ({why})"),
            None => Ok(()),
        }
    }
}

impl<'de> Deserialize<'de> for Freeze {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Read {
            from: Date,
            until: Date,
            why: Option<String>,
        }
        let Read { from, until, why } = Read::deserialize(deserializer)?;
        let freeze = Self::new(from, until).map_err(serde::de::Error::custom)?;
        Ok(Self { why, ..freeze })
    }
}
