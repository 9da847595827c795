//! How a connection breaks.

use serde::Serialize;

/// How a connection breaks.
///
/// Where there are no bytes yet to count (before an HTTP response, say), a break after some of them comes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Disconnect {
    /// It is reset at once.
    Reset,
    /// It is reset after this many bytes.
    ResetAfter(u64),
    /// It ends in the midst, after this many bytes, as if all had been said.
    CutAfter(u64),
    /// One direction ends, the other goes on.
    HalfClose,
    /// It stays open, and nothing moves any more.
    Stall,
}
