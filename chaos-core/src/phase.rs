//! When a fault strikes, seen from the operation.

use std::fmt;

use serde::{Deserialize, Serialize};

/// When a fault strikes, seen from the operation it breaks.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Before the work: it is never done.
    #[default]
    Before,
    /// After the work: it was done, its reply is lost. Finds retries that are not idempotent.
    After,
    /// In the midst of the work: a body half sent, some rows read.
    During,
    /// Before there is any work: the service does not yet say that it is ready for some (tower services).
    NotReady,
}

impl Phase {
    /// The name as written in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::During => "during",
            Self::NotReady => "not_ready",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_files() {
        for phase in [Phase::Before, Phase::After, Phase::During, Phase::NotReady] {
            let written = serde_json::to_value(phase).unwrap();
            assert_eq!(written, phase.name());
            assert_eq!(serde_json::from_value::<Phase>(written).unwrap(), phase);
        }
    }
}
