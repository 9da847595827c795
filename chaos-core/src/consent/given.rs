//! The consents that an experiment has.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Consent;

/// The consents that an experiment has, by what they permit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Consents {
    /// To affect every site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everything: Option<Consent>,
    /// To run in production.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<Consent>,
    /// To end the process or fill a disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destruction: Option<Consent>,
}

/// Formats them as `production by anna (game day), destruction by ben`, or as `none`.
impl fmt::Display for Consents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            ("everything", &self.everything),
            ("production", &self.production),
            ("destruction", &self.destruction),
        ];
        let mut separator = "";
        for (what, consent) in all {
            if let Some(consent) = consent {
                write!(f, "{separator}{what} by {consent}")?;
                separator = ", ";
            }
        }
        if separator.is_empty() {
            f.write_str("none")?;
        }
        Ok(())
    }
}
