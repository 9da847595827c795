//! Broken connections.

use serde::Serialize;

/// The way in which a connection breaks.
///
/// A break after a number of bytes needs [`Phase::During`](crate::Phase::During), as in the body of a response. On a
/// stream, it counts bytes in phases `Before` and `During`.
///
/// A body over HTTP/1 with a `Content-Length` of exactly that number is complete before the break, at servers and in
/// `chaos_tower::reqwest::client`: nothing is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Disconnect {
    /// It is reset at once.
    Reset,
    /// It is reset as soon as this many bytes have passed.
    ResetAfter(u64),
    /// It is closed cleanly as soon as this many bytes have passed, as if the data were complete.
    CutAfter(u64),
    /// One direction is closed, the other continues.
    HalfClose,
    /// It stays open, but no more bytes pass.
    Stall,
}
