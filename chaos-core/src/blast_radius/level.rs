//! The levels of blast radii.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The extent of a blast radius, on which risk and consent depend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Level {
    /// Some requests of one service.
    Request,
    /// One service.
    Service,
    /// Several services.
    Cluster,
    /// Everything.
    System,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Service => "service",
            Self::Cluster => "cluster",
            Self::System => "system",
        })
    }
}
