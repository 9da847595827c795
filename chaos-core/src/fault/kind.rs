//! The kinds of faults.

use serde::{Deserialize, Serialize};

use crate::human::named;

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

named!(FaultKind {
    Latency => "latency",
    Error => "error",
    Timeout => "timeout",
    RateLimit => "rate_limit",
    CircuitBreak => "circuit_break",
    Disconnect => "disconnect",
    Bandwidth => "bandwidth",
    Corrupt => "corrupt",
    Slice => "slice",
    Loss => "loss",
    ServerSleep => "server_sleep",
    HoldConnections => "hold_connections",
    HoldLock => "hold_lock",
    Panic => "panic",
    Crash => "crash",
    Exhaust => "exhaust",
});

impl FaultKind {
    /// All kinds.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::ALL
    }

    /// Whether the effect of such faults outlasts the experiment.
    #[must_use]
    pub fn is_destructive(self) -> bool {
        matches!(self, Self::Crash)
    }
}
