//! What changed since an earlier run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What changed in a scenario since it was last run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Change {
    /// The name of the scenario.
    pub scenario: String,
    /// What changed about it, such as `verdict`.
    pub what: String,
    /// What it was, in words.
    pub before: String,
    /// What it is now, in words.
    pub now: String,
}

impl Change {
    /// The change as a sentence, with the scenario apart.
    #[must_use]
    pub fn words(&self) -> [String; 2] {
        let (what, before, now) = (&self.what, &self.before, &self.now);
        let words = format!(": {what}: {before} before, now {now}.");
        [format!("`{}`", self.scenario), words]
    }
}
