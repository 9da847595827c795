//! Kinds of places that ask.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of place asks whether its operation is to be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SiteKind {
    /// Requests that come in.
    Server,
    /// Calls that go out.
    Client,
    /// Queries to a database.
    Database,
    /// Bytes on a connection.
    Stream,
    /// A point in anyone's own code.
    Point,
}

impl SiteKind {
    /// How a blast radius speaks of such sites.
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
