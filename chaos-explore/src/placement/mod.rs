//! A fault case at an operation, and the replay line that lists several of them.

pub(crate) mod fault_case;
pub(crate) mod invalid;
pub(crate) mod operation_id;
mod sentence;

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::placement::fault_case::FaultCase;
use crate::placement::invalid::InvalidPlacement;
use crate::placement::operation_id::OperationId;

/// A fault case at one operation, written as `payments/client POST /charge #1 after:reset`.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    pub(crate) operation: OperationId,
    pub(crate) fault_case: FaultCase,
}

impl Placement {
    /// Returns the operation that the fault strikes.
    #[must_use]
    pub fn operation(&self) -> &OperationId {
        &self.operation
    }

    /// Returns the fault case that strikes the operation.
    #[must_use]
    pub fn fault_case(&self) -> &FaultCase {
        &self.fault_case
    }

    /// Returns what happens, such as "the reply to `POST /charge` to payments was lost after the work was done".
    #[must_use]
    pub fn sentence(&self) -> String {
        sentence::describe(self)
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.fault_case)
    }
}

impl FromStr for Placement {
    type Err = InvalidPlacement;

    fn from_str(text: &str) -> Result<Self, InvalidPlacement> {
        let phases = ["before:", "after:", "during:", "not_ready:"];
        // The name of an operation may contain a phase, so the search starts at the number.
        let number = text.rfind(" #").unwrap_or(0);
        let (at, _) = text[number..]
            .match_indices(' ')
            .find(|(at, _)| {
                let rest = &text[number + at + 1..];
                phases.iter().any(|phase| rest.starts_with(phase))
            })
            .ok_or_else(|| InvalidPlacement::new(text, "`#1` and something like `after:reset`"))?;
        let (operation, fault_case) = text.split_at(number + at);
        Ok(Self {
            operation: operation.parse()?,
            fault_case: fault_case[1..].parse()?,
        })
    }
}

impl Serialize for Placement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Writes several placements as one replay line.
pub(crate) fn format_line(placements: &[Placement]) -> String {
    let written: Vec<_> = placements.iter().map(Placement::to_string).collect();
    written.join("; ")
}

/// Parses a line that [`format_line`] wrote.
pub(crate) fn parse_line(line: &str) -> Result<Vec<Placement>, InvalidPlacement> {
    line.split(';')
        .map(|placement| placement.trim().parse())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_round_trips() {
        let text = "payments/client POST /charge #1 after:reset; db/database COMMIT #2 attempt 2 in shop \
                    before:latency=1h; pms/point reserve #1 before:unavailable onwards";
        let placements = parse_line(text).unwrap();
        assert_eq!(placements.len(), 3);
        assert_eq!(format_line(&placements), text);
    }

    #[test]
    fn a_parse_error_shows_an_example() {
        let error = parse_line("payments POST /charge #1 reset").unwrap_err();
        assert!(error.to_string().contains("after:reset"), "{error}");
    }
}
