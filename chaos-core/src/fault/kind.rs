//! The kinds of faults.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a [`Fault`](crate::Fault), without its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// The operation takes longer.
    Latency,
    /// The operation fails.
    Error,
    /// The operation is held, then fails as a timeout.
    Timeout,
    /// Operations beyond a rate limit fail.
    RateLimit,
    /// Operations fail fast while a circuit is open.
    CircuitBreak,
    /// The connection breaks.
    Disconnect,
    /// Bytes pass slowly.
    Bandwidth,
    /// Bytes arrive changed.
    Corrupt,
    /// Bytes pass a few at a time.
    Slice,
    /// Packets are lost.
    Loss,
    /// The server sleeps inside the caller's session.
    ServerSleep,
    /// Connections of a pool are held idle.
    HoldConnections,
    /// The database is locked without being used.
    HoldLock,
    /// The operation panics.
    Panic,
    /// The process ends.
    Crash,
    // Last: the kinds before it index the bits of `Support`, and no site supports this one.
    /// A resource becomes scarce for the whole process.
    Exhaust,
}

impl FaultKind {
    /// The name as written in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::RateLimit => "rate_limit",
            Self::CircuitBreak => "circuit_break",
            Self::Disconnect => "disconnect",
            Self::Bandwidth => "bandwidth",
            Self::Corrupt => "corrupt",
            Self::Slice => "slice",
            Self::Loss => "loss",
            Self::ServerSleep => "server_sleep",
            Self::HoldConnections => "hold_connections",
            Self::HoldLock => "hold_lock",
            Self::Panic => "panic",
            Self::Crash => "crash",
            Self::Exhaust => "exhaust",
        }
    }

    /// Whether the effect of such faults outlasts the experiment.
    #[must_use]
    pub fn is_destructive(self) -> bool {
        matches!(self, Self::Crash)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
