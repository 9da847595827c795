//! What goes wrong.

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

/// What goes wrong: plain data that an adapter turns into a real failure.
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
/// # Ok::<(), chaos_core::InvalidLatency>(())
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
    /// Only so many operations pass in a time, the others fail as overloaded.
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
    /// Packets are lost, which readers see as a wait until they have been sent again.
    Loss(Loss),
    /// The server sleeps before the operation, inside of the caller's session, under all locks that this holds.
    ServerSleep(Latency),
    /// This many connections of the pool are really taken, for as long as the experiment runs.
    HoldConnections(NonZeroU32),
    /// The database is really locked by another connection, for as long as the operation takes.
    HoldLock,
    /// The operation panics.
    Panic,
    /// The process ends.
    Crash(Crash),
    /// Something gets scarce for the whole process, for as long as the experiment runs.
    Exhaust(Pressure),
}

impl Fault {
    /// The operation takes longer: a fixed time or a distribution.
    pub fn latency(latency: impl Into<Latency>) -> Self {
        Self::Latency(latency.into())
    }

    /// The operation fails with `failure`.
    #[must_use]
    pub fn error(failure: Failure) -> Self {
        Self::Error(failure)
    }

    /// The operation is held for `hold`, then fails as a timeout.
    #[must_use]
    pub fn timeout(hold: Duration) -> Self {
        Self::Timeout(hold)
    }

    /// Operations beyond `limit` fail as overloaded.
    #[must_use]
    pub fn rate_limit(limit: RateLimit) -> Self {
        Self::RateLimit(limit)
    }

    /// Operations fail fast while `circuit` is open.
    #[must_use]
    pub fn circuit_break(circuit: CircuitBreak) -> Self {
        Self::CircuitBreak(circuit)
    }

    /// The connection breaks in the way of `disconnect`.
    #[must_use]
    pub fn disconnect(disconnect: Disconnect) -> Self {
        Self::Disconnect(disconnect)
    }

    /// The connection is reset.
    #[must_use]
    pub fn reset() -> Self {
        Self::Disconnect(Disconnect::Reset)
    }

    /// Bytes pass no faster than `bandwidth`.
    #[must_use]
    pub fn bandwidth(bandwidth: Bandwidth) -> Self {
        Self::Bandwidth(bandwidth)
    }

    /// Bytes arrive changed in the way of `corrupt`.
    #[must_use]
    pub fn corrupt(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt)
    }

    /// Bytes pass in pieces no larger than `slice`.
    #[must_use]
    pub fn slice(slice: Slice) -> Self {
        Self::Slice(slice)
    }

    /// Packets are lost as `loss` says.
    #[must_use]
    pub fn loss(loss: Loss) -> Self {
        Self::Loss(loss)
    }

    /// The server sleeps before the operation, inside of the caller's session, under all locks that this holds.
    pub fn server_sleep(latency: impl Into<Latency>) -> Self {
        Self::ServerSleep(latency.into())
    }

    /// This many connections of the pool are really taken, from the first operation that is struck until the
    /// experiment ends.
    #[must_use]
    pub fn hold_connections(connections: NonZeroU32) -> Self {
        Self::HoldConnections(connections)
    }

    /// The database is really locked by another connection, for as long as the operation takes.
    #[must_use]
    pub fn hold_lock() -> Self {
        Self::HoldLock
    }

    /// The operation panics.
    #[must_use]
    pub fn panic() -> Self {
        Self::Panic
    }

    /// The process ends in the way of `crash`.
    #[must_use]
    pub fn crash(crash: Crash) -> Self {
        Self::Crash(crash)
    }

    /// Something gets scarce for the whole process, for as long as the experiment runs.
    ///
    /// It has no operation: the blast radius is [`everything`](crate::BlastRadius::everything), or any whole service
    /// with [`allow_collateral`](crate::Experiment::allow_collateral).
    #[must_use]
    pub fn exhaust(pressure: Pressure) -> Self {
        Self::Exhaust(pressure)
    }

    /// Which kind of fault this is, without its details.
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

    /// Whether it reaches beyond the operation it is injected into, to neighbours or the whole process.
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

    /// Whether ending the experiment can't undo what it does, such as ending the process, or making others lose what
    /// they would have written to a disk that is full.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        match self {
            Self::Exhaust(pressure) => pressure.is_destructive(),
            _ => self.kind().is_destructive(),
        }
    }

    /// What gets scarce; such a fault has no operation, so no site is ever asked for it.
    pub(crate) fn pressure(&self) -> Option<&Pressure> {
        match self {
            Self::Exhaust(pressure) => Some(pressure),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
