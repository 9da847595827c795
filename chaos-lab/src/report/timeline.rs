//! What happened in a run, in the order of time.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_page::Block;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::time;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Happening {
    /// The time, since the start of the run.
    pub at: HumanDuration,
    /// What happened, in words of which those between backticks are code.
    pub what: String,
}

impl Happening {
    pub(crate) fn new(at: Duration, what: String) -> Self {
        let at = HumanDuration(at);
        Self { at, what }
    }

    /// All of it in one paragraph, which makes a page of many scenarios a tenth shorter than a table would.
    pub(super) fn paragraph(all: &[Self]) -> Option<Block> {
        let lines: Vec<_> = all.iter().map(Self::line).collect();
        (!lines.is_empty()).then(|| Block::from(lines.join("; ") + "."))
    }

    /// It in a line of plain text.
    pub(super) fn line(&self) -> String {
        format!("{}: {}", time(self.at.0), self.what)
    }
}
