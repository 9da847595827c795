//! The figures of a pressure that does not fit.

use std::fmt;

use super::level::PressureUnit;
use crate::human;

/// The requested amount, and the limit that it does not fit under.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shortage {
    /// The requested amount.
    pub requested: u64,
    /// The amount that is free now.
    pub free: u64,
    /// The amount that has to stay free.
    pub reserve: u64,
    /// The amount committed to other pressures of this process that have not taken it yet.
    pub committed: u64,
    /// The limit that leaves too little.
    pub limit: String,
    /// The unit of all amounts.
    pub unit: PressureUnit,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = |amount: u64| match self.unit {
            PressureUnit::Bytes => human::format_bytes(amount),
            _ => amount.to_string(),
        };
        write!(
            f,
            "{} requested, but {} leaves {}, of which {} stay in reserve",
            written(self.requested),
            self.limit,
            written(self.free),
            written(self.reserve),
        )?;
        if self.committed > 0 {
            let committed = written(self.committed);
            write!(f, " and {committed} are committed to other pressures")?;
        }
        let fits = self.free.saturating_sub(self.reserve);
        let fits = written(fits.saturating_sub(self.committed));
        write!(f, ", so at most {fits} fit")
    }
}
