//! The error of an invalid latency.

use std::time::Duration;

/// The problem of an invalid [`Latency`](crate::Latency).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLatency {
    /// The lower latency is above the upper one.
    #[error("expected the lower latency first, found {min:?} before {max:?}")]
    Reversed {
        /// The given lower latency.
        min: Duration,
        /// The given upper latency.
        max: Duration,
    },
    /// The scale of a Pareto distribution is zero.
    #[error("expected a scale longer than zero")]
    ZeroScale,
    /// The shape of a Pareto distribution is not a finite number above zero.
    #[error("expected a shape that is a finite number above 0, found {0}")]
    Shape(f64),
    /// There is neither a latency nor a quantile.
    #[error("expected a latency, such as \"200ms\", or at least one quantile, such as p50")]
    Nothing,
    /// A quantile is not between 0 and 1.
    #[error("expected a quantile above 0 and below 1, found {0}")]
    QuantileOutOfRange(f64),
    /// A quantile is not above the previous one.
    #[error("expected quantiles that increase, found {next} after {previous}")]
    QuantilesNotIncreasing {
        /// The previous quantile.
        previous: f64,
        /// The quantile that is not above it.
        next: f64,
    },
    /// A quantile has a lower latency than the previous one.
    #[error("expected latencies that do not decrease, found {next:?} after {previous:?}")]
    LatencyDecreases {
        /// The previous latency.
        previous: Duration,
        /// The latency that is below it.
        next: Duration,
    },
}
