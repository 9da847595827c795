//! How far a service is protected.

use serde::{Deserialize, Serialize};

use crate::human::named;
use crate::{Level, Risk};

/// How far a [`Policy`](super::Policy) protects a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Grade {
    /// Only experiments of low [`Risk`].
    Medium,
    /// Only experiments that select some requests: those of [`Level::Request`].
    High,
    /// No experiment.
    Absolute,
}

named!(Grade {
    Medium => "medium",
    High => "high",
    Absolute => "absolute",
});

impl Grade {
    /// Whether a service of this grade may be affected by an experiment of this level and risk.
    #[must_use]
    pub fn allows(self, level: Level, risk: Risk) -> bool {
        match self {
            Self::Medium => risk == Risk::Low,
            Self::High => level == Level::Request,
            Self::Absolute => false,
        }
    }
}
