//! The levels of blast radii.

use serde::{Deserialize, Serialize};

use crate::human::named;

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

named!(Level {
    Request => "request",
    Service => "service",
    Cluster => "cluster",
    System => "system",
});
