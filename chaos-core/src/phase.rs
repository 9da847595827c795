//! The phases of operations.

use serde::{Deserialize, Serialize};

use crate::human::named;

/// The phase of an operation in which a fault strikes.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Before the work, which is then never done.
    #[default]
    Before,
    /// After the work, whose reply is lost; finds retries that are not idempotent.
    After,
    /// During the work: half of a body is sent, some rows are read.
    During,
    /// Before the service reports that it is ready for work (tower services only).
    NotReady,
}

named!(Phase {
    Before => "before",
    After => "after",
    During => "during",
    NotReady => "not_ready",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_those_in_files() {
        for phase in [Phase::Before, Phase::After, Phase::During, Phase::NotReady] {
            let written = serde_json::to_value(phase).unwrap();
            assert_eq!(written, phase.name());
            assert_eq!(serde_json::from_value::<Phase>(written).unwrap(), phase);
        }
    }
}
