//! How a connection breaks.

use serde::{Deserialize, Serialize};

/// How a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Disconnect {
    /// It is reset.
    Reset,
    /// It ends after this many bytes.
    CutAfter(u64),
    /// It stays open, and nothing moves any more.
    Stall,
}
