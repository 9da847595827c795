//! Which operation goes wrong, and how.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::invalid::InvalidPlacement;
use crate::{FaultCase, OperationId};

/// Which operation goes wrong, and how; written as `payments/client POST /charge #1 after:reset`.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    pub(crate) operation: OperationId,
    pub(crate) mishap: FaultCase,
}

impl Placement {
    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &OperationId {
        &self.operation
    }

    /// What goes wrong at it.
    #[must_use]
    pub fn mishap(&self) -> &FaultCase {
        &self.mishap
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.mishap)
    }
}

impl FromStr for Placement {
    type Err = InvalidPlacement;

    fn from_str(text: &str) -> Result<Self, InvalidPlacement> {
        let phases = ["before:", "after:", "during:", "not_ready:"];
        // Behind the number of the operation: its name may hold anything.
        let named = text.rfind(" #").unwrap_or(0);
        let (at, _) = text[named..]
            .match_indices(' ')
            .find(|(at, _)| {
                let rest = &text[named + at + 1..];
                phases.iter().any(|phase| rest.starts_with(phase))
            })
            .ok_or_else(|| InvalidPlacement::new(text, "`#1` and something like `after:reset`"))?;
        let (operation, mishap) = text.split_at(named + at);
        Ok(Self {
            operation: operation.parse()?,
            mishap: mishap[1..].parse()?,
        })
    }
}

impl Serialize for Placement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Several placements in one line, as they are written and read by replays.
pub(crate) fn line(placements: &[Placement]) -> String {
    let written: Vec<_> = placements.iter().map(Placement::to_string).collect();
    written.join("; ")
}

/// Reads what [`line`] wrote.
pub(crate) fn parse_line(line: &str) -> Result<Vec<Placement>, InvalidPlacement> {
    line.split(';')
        .map(|placement| placement.trim().parse())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back() {
        let text = "payments/client POST /charge #1 after:reset; db/database COMMIT #2 attempt 2 in shop \
                    before:latency=1h; pms/point reserve #1 before:unavailable onwards";
        let placements = parse_line(text).unwrap();
        assert_eq!(placements.len(), 3);
        assert_eq!(line(&placements), text);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = parse_line("payments POST /charge #1 reset").unwrap_err();
        assert!(error.to_string().contains("after:reset"), "{error}");
    }
}
