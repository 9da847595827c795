//! How hard a scenario strikes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How hard a scenario of the catalogue strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Intensity {
    /// Hardly noticeable.
    Light,
    /// As it is unless something else is said.
    #[default]
    Medium,
    /// As hard as it gets.
    Heavy,
}

impl fmt::Display for Intensity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Light => "light",
            Self::Medium => "medium",
            Self::Heavy => "heavy",
        })
    }
}
