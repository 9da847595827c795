//! Faults: what experiments inject.

mod bandwidth;
mod circuit_break;
mod corrupt;
mod crash;
mod deserialize;
mod disconnect;
mod failure;
mod invalid;
mod kind;
mod latency;
mod loss;
mod native;
mod rate_limit;
mod slice;

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Serialize;

pub use bandwidth::Bandwidth;
pub use circuit_break::CircuitBreak;
pub use corrupt::Corrupt;
pub use crash::Crash;
pub use disconnect::Disconnect;
pub use failure::Failure;
pub use invalid::InvalidFault;
pub use kind::FaultKind;
pub use latency::{InvalidLatency, Latency};
pub use loss::Loss;
pub use native::{GrpcCode, HttpStatus, SqlState};
pub use rate_limit::RateLimit;
pub use slice::Slice;

use crate::{Pressure, human};

/// A fault: plain data that an adapter turns into a real failure.
///
/// ```
/// use std::time::Duration;
/// use chaos_core::{Failure, Fault, Latency};
///
/// let slow = Fault::latency(Duration::from_millis(200));
/// let tail = Fault::latency(Latency::quantiles([
///     (0.5, Duration::from_millis(20)),
///     (0.99, Duration::from_secs(1)),
/// ])?);
/// let down = Fault::error(Failure::Unavailable);
/// # Ok::<(), chaos_core::error::InvalidLatency>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// The operation takes longer.
    Latency(Latency),
    /// The operation fails.
    Error(Failure),
    /// The operation is held for this long, then fails as a timeout.
    Timeout(#[serde(with = "human::duration_text")] Duration),
    /// Operations beyond a rate limit, a token bucket, fail as overloaded.
    RateLimit(RateLimit),
    /// Operations fail fast for a while, as behind a tripped circuit breaker.
    CircuitBreak(CircuitBreak),
    /// The connection breaks.
    Disconnect(Disconnect),
    /// Bytes pass slowly.
    Bandwidth(Bandwidth),
    /// Bytes arrive changed.
    Corrupt(Corrupt),
    /// Bytes pass a few at a time.
    Slice(Slice),
    /// Packets are lost, so that readers wait until they have been sent again.
    Loss(Loss),
    /// The server sleeps before the operation, inside the caller's session and with all its locks held.
    ServerSleep(Latency),
    /// This many real connections of the pool are held idle while the experiment runs.
    HoldConnections(NonZeroU32),
    /// Another connection holds a real lock on the database during the operation.
    HoldLock,
    /// The operation panics.
    Panic,
    /// The process ends.
    Crash(Crash),
    /// A resource is scarce for the whole process while the experiment runs.
    Exhaust(Pressure),
}

impl Fault {
    /// Delays operations by a fixed time or a distribution.
    pub fn latency(latency: impl Into<Latency>) -> Self {
        Self::Latency(latency.into())
    }

    /// Fails operations with `failure`.
    #[must_use]
    pub fn error(failure: Failure) -> Self {
        Self::Error(failure)
    }

    /// Holds operations for `hold`, then fails them as timeouts.
    #[must_use]
    pub fn timeout(hold: Duration) -> Self {
        Self::Timeout(hold)
    }

    /// Fails operations beyond `limit` as overloaded.
    #[must_use]
    pub fn rate_limit(limit: RateLimit) -> Self {
        Self::RateLimit(limit)
    }

    /// Fails operations fast while `circuit` is open.
    #[must_use]
    pub fn circuit_break(circuit: CircuitBreak) -> Self {
        Self::CircuitBreak(circuit)
    }

    /// Breaks connections as `disconnect` specifies.
    #[must_use]
    pub fn disconnect(disconnect: Disconnect) -> Self {
        Self::Disconnect(disconnect)
    }

    /// Resets connections.
    #[must_use]
    pub fn reset() -> Self {
        Self::Disconnect(Disconnect::Reset)
    }

    /// Limits the throughput of bytes.
    #[must_use]
    pub fn bandwidth(bandwidth: Bandwidth) -> Self {
        Self::Bandwidth(bandwidth)
    }

    /// Corrupts bytes in transit.
    #[must_use]
    pub fn corrupt(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt)
    }

    /// Lets bytes pass in pieces no larger than `slice`.
    #[must_use]
    pub fn slice(slice: Slice) -> Self {
        Self::Slice(slice)
    }

    /// Loses the share of packets in `loss`.
    #[must_use]
    pub fn loss(loss: Loss) -> Self {
        Self::Loss(loss)
    }

    /// Makes the server sleep before the operation, inside the caller's session and with all its locks held.
    ///
    /// It affects others that wait for the locks, so start it with
    /// [`inject_with_collateral`](crate::ChaosManager::inject_with_collateral) or
    /// [`Experiment::allow_collateral`](crate::Experiment::allow_collateral).
    pub fn server_sleep(latency: impl Into<Latency>) -> Self {
        Self::ServerSleep(latency.into())
    }

    /// Holds this many real connections of the pool idle, from the first struck operation until the experiment ends.
    ///
    /// [`ExperimentGuard::wait_until_held`](crate::ExperimentGuard::wait_until_held) waits for them. It affects all callers
    /// of the pool, so start it with [`inject_with_collateral`](crate::ChaosManager::inject_with_collateral) or
    /// [`Experiment::allow_collateral`](crate::Experiment::allow_collateral).
    #[must_use]
    pub fn hold_connections(connections: NonZeroU32) -> Self {
        Self::HoldConnections(connections)
    }

    /// Holds a real lock on the database by another connection during the operation.
    ///
    /// It affects other callers, so start it with
    /// [`inject_with_collateral`](crate::ChaosManager::inject_with_collateral) or
    /// [`Experiment::allow_collateral`](crate::Experiment::allow_collateral).
    #[must_use]
    pub fn hold_lock() -> Self {
        Self::HoldLock
    }

    /// Panics in place of the operation.
    #[must_use]
    pub fn panic() -> Self {
        Self::Panic
    }

    /// Ends the process.
    #[must_use]
    pub fn crash(crash: Crash) -> Self {
        Self::Crash(crash)
    }

    /// Makes a resource scarce for the whole process while the experiment runs.
    ///
    /// It has no operation, so its blast radius is [`everything`](crate::BlastRadius::everything) or, with
    /// [`allow_collateral`](crate::Experiment::allow_collateral), any whole service.
    #[must_use]
    pub fn exhaust(pressure: Pressure) -> Self {
        Self::Exhaust(pressure)
    }

    /// The kind of the fault, without its parameters.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Latency(_) => FaultKind::Latency,
            Self::Error(_) => FaultKind::Error,
            Self::Timeout(_) => FaultKind::Timeout,
            Self::RateLimit(_) => FaultKind::RateLimit,
            Self::CircuitBreak(_) => FaultKind::CircuitBreak,
            Self::Disconnect(_) => FaultKind::Disconnect,
            Self::Bandwidth(_) => FaultKind::Bandwidth,
            Self::Corrupt(_) => FaultKind::Corrupt,
            Self::Slice(_) => FaultKind::Slice,
            Self::Loss(_) => FaultKind::Loss,
            Self::ServerSleep(_) => FaultKind::ServerSleep,
            Self::HoldConnections(_) => FaultKind::HoldConnections,
            Self::HoldLock => FaultKind::HoldLock,
            Self::Panic => FaultKind::Panic,
            Self::Crash(_) => FaultKind::Crash,
            Self::Exhaust(_) => FaultKind::Exhaust,
        }
    }

    /// Whether it affects more than the struck operation: its neighbours or the whole process.
    #[must_use]
    pub fn is_collateral(&self) -> bool {
        matches!(
            self,
            Self::Crash(_)
                | Self::ServerSleep(_)
                | Self::HoldConnections(_)
                | Self::HoldLock
                | Self::Exhaust(_)
        )
    }

    /// Whether its effect outlasts the experiment, such as the end of the process, or writes that fail on a full disk.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        match self {
            Self::Exhaust(pressure) => pressure.is_destructive(),
            _ => self.kind().is_destructive(),
        }
    }

    /// Whether it strikes only after some bytes have passed.
    #[cfg(feature = "inject")]
    pub(crate) fn counts_bytes(&self) -> bool {
        matches!(
            self,
            Self::Disconnect(Disconnect::ResetAfter(1..) | Disconnect::CutAfter(1..))
        )
    }

    /// Its pressure, if it is one; such a fault has no operation, so no site applies it.
    pub(crate) fn pressure(&self) -> Option<&Pressure> {
        match self {
            Self::Exhaust(pressure) => Some(pressure),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
