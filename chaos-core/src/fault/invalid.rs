//! Why a part of a fault could not be built.

use std::time::Duration;

use crate::Rate;

/// Why a part of a [`Fault`](crate::Fault) could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFault {
    /// The number is not an HTTP status that tells of an error.
    #[error("expected an HTTP status between 400 and 599, found {0}")]
    HttpStatus(u64),
    /// The number is not a gRPC code that tells of an error.
    #[error("expected a gRPC code between 1 and 16, found {0}")]
    GrpcCode(u64),
    /// The text is not an SQLSTATE that tells of an error.
    #[error(
        "expected an SQLSTATE such as \"40P01\": five of 0-9 and A-Z, not starting with 00, found {0:?}"
    )]
    SqlState(String),
    /// A rate limit has to let something pass.
    #[error("expected a rate limit of at least 1 operation, found 0")]
    NoOperations,
    /// A burst has to let something pass.
    #[error("expected a burst of at least 1 operation, found 0")]
    NoBurst,
    /// A rate limit counts per some time.
    #[error("expected a period longer than zero")]
    NoPeriod,
    /// A circuit breaker trips after some operations.
    #[error("expected a circuit that trips after at least 1 operation, found 0")]
    NeverTrips,
    /// A circuit breaker stays open for some time.
    #[error("expected a circuit that stays open longer than zero, found {0:?}")]
    NeverOpen(Duration),
    /// A half-open circuit lets some trials pass.
    #[error("expected at least 1 trial of the half-open circuit, found 0")]
    NoTrials,
    /// A bandwidth lets something pass; to let nothing pass is to stall.
    #[error("expected a bandwidth of at least 1 byte per second, found 0")]
    NoBytes,
    /// Nothing would ever be corrupted.
    #[error("expected a share of bytes above 0%, found 0%")]
    NothingCorrupted,
    /// Slices have some bytes; to let nothing pass is to stall.
    #[error("expected slices of at least 1 byte, found 0")]
    EmptySlices,
    /// No packet would be lost, or nothing would ever arrive.
    #[error("expected a share of lost packets above 0% and up to 90%, found {0}")]
    PacketsLost(Rate),
    /// A packet that is sent again at once was never lost.
    #[error("expected a lost packet to be sent again after more than zero, found {0:?}")]
    NeverResent(Duration),
}
