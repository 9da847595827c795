//! The kinds of sites.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SiteKind {
    /// Incoming requests.
    Server,
    /// Outgoing calls.
    Client,
    /// Database queries.
    Database,
    /// Bytes on a connection.
    Stream,
    /// A point in your own code.
    Point,
}

impl SiteKind {
    /// The phrase for such sites in the text of a blast radius.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Server => "requests to",
            Self::Client => "calls to",
            Self::Database => "queries on",
            Self::Stream => "streams to",
            Self::Point => "points at",
        }
    }

    /// The name as written in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Database => "database",
            Self::Stream => "stream",
            Self::Point => "point",
        }
    }
}

impl fmt::Display for SiteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
