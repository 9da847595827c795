//! Values that a pressure can't have.

use super::kind::PressureKind;
use crate::Rate;

/// Why the values of a [`Pressure`](crate::Pressure) are invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPressure {
    /// A count is zero.
    #[error("expected at least 1 {what}, found 0")]
    Zero {
        /// The counted unit.
        what: &'static str,
    },
    /// The share is zero.
    #[error("expected a share above 0%, found 0%")]
    ZeroShare,
    /// The duty of the workers is out of range.
    #[error("expected a duty between 10% and 100%, found {0}")]
    DutyOutOfRange(Rate),
    /// The workers would write too slowly to have an effect.
    #[error("expected at least 4096 bytes a second for each worker, found {0}")]
    RateTooLow(u64),
    /// A duration is zero.
    #[error("expected a time longer than zero")]
    NoTime,
    /// A leak has a ramp besides its rate.
    #[error("a leak grows at its own rate: it takes no `ramp`")]
    RampOnLeak,
    /// A directory is set for a kind that uses no disk.
    #[error("a directory is for disk_io and disk_fill, not for {0}")]
    DirectoryNotApplicable(PressureKind),
    /// A reserve is set for a kind that has none.
    #[error(
        "a reserve is for memory, leak, disk_io, disk_fill, threads and blocking_pool, not for {0}"
    )]
    ReserveNotApplicable(PressureKind),
    /// A kind that destroys nothing has a consent.
    #[error("a consent is for disk_fill, not for {0}")]
    ConsentNotApplicable(PressureKind),
}
