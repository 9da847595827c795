//! The kinds of sites.

use serde::{Deserialize, Serialize};

use crate::human::named;

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

named!(SiteKind {
    Server => "server",
    Client => "client",
    Database => "database",
    Stream => "stream",
    Point => "point",
});

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
}
