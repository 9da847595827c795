//! Suggestions for experiments that match no site.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{BlastRadius, SiteKind};

/// A registered site that an experiment without a matching site may have meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Nearest {
    /// A site with a similar name.
    Named {
        /// Its service.
        service: String,
    },
    /// A site of the same name, but of another kind.
    OtherKind {
        /// Its service.
        service: String,
        /// Its kind.
        kind: SiteKind,
    },
}

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { service } => write!(f, "did you mean `{service}`?"),
            Self::OtherKind { service, kind } => {
                let key = BlastRadius::key_for(*kind);
                write!(f, "`{service}` is a {kind} here: `{key}`")
            }
        }
    }
}
