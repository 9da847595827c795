//! Consent to dangerous experiments.

use serde::{Deserialize, Deserializer, Serialize};

use crate::human;

/// Consent to a dangerous experiment, with the reason.
///
/// ```
/// use chaos_core::{BlastRadius, Consent};
///
/// let all = BlastRadius::everything(Consent::because("game day, the team is watching"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Consent {
    reason: String,
}

impl<'de> Deserialize<'de> for Consent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const REASON: &str = "the reason for the consent, as a text";
        human::parsed_text(deserializer, REASON, |reason| {
            // Some formats read `no` as text, which must not count as consent.
            match reason.to_ascii_lowercase().as_str() {
                "false" | "no" | "off" | "none" => {
                    Err(format!("expected {REASON}, found `{reason}`"))
                }
                _ => Ok(Self::because(reason)),
            }
        })
    }
}

impl Consent {
    /// Gives consent for a reason; with an empty reason, the experiment is refused.
    pub fn because(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether the reason has any text.
    pub(crate) fn has_reason(&self) -> bool {
        !self.reason.trim().is_empty()
    }
}
