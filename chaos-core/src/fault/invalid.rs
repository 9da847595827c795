//! The error of an invalid part of a fault.

use std::time::Duration;

use crate::Rate;

/// The problem of an invalid part of a [`Fault`](crate::Fault).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFault {
    /// The number is not an HTTP error status.
    #[error("expected an HTTP status between 400 and 599, found {0}")]
    HttpStatus(u64),
    /// The number is not a gRPC error code.
    #[error("expected a gRPC code between 1 and 16, found {0}")]
    GrpcCode(u64),
    /// The text is not an SQLSTATE of an error.
    #[error(
        "expected an SQLSTATE such as \"40P01\": five characters of 0-9 and A-Z, not starting with 00, found {0:?}"
    )]
    SqlState(String),
    /// A rate limit lets no operation pass.
    #[error("expected a rate limit of at least 1 operation, found 0")]
    NoOperations,
    /// A burst has no operations.
    #[error("expected a burst of at least 1 operation, found 0")]
    NoBurst,
    /// The period of a rate limit is zero.
    #[error("expected a period longer than zero")]
    NoPeriod,
    /// A circuit breaker trips after zero operations.
    #[error("expected a circuit that trips after at least 1 operation, found 0")]
    NeverTrips,
    /// A circuit breaker stays open for zero time.
    #[error("expected a circuit that stays open longer than zero, found {0:?}")]
    NeverOpen(Duration),
    /// A half-open circuit lets no trials pass.
    #[error("expected at least 1 trial of the half-open circuit, found 0")]
    NoTrials,
    /// A bandwidth lets no bytes pass; a stalled connection is another fault.
    #[error("expected a bandwidth of at least 1 byte per second, found 0")]
    NoBytes,
    /// The share of corrupted bytes is zero.
    #[error("expected a share of bytes above 0%, found 0%")]
    NothingCorrupted,
    /// Slices have no bytes; a stalled connection is another fault.
    #[error("expected slices of at least 1 byte, found 0")]
    EmptySlices,
    /// The share of lost packets is zero, or so high that nothing would arrive.
    #[error("expected a share of lost packets above 0% and up to 90%, found {0}")]
    PacketsLost(Rate),
    /// Lost packets are sent again without a delay.
    #[error("expected a retransmission delay longer than zero, found {0:?}")]
    NeverResent(Duration),
}
