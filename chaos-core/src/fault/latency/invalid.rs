//! Why a latency could not be built.

use std::time::Duration;

/// Why a [`Latency`](crate::Latency) could not be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLatency {
    /// The least latency is above the greatest.
    #[error("expected the least latency first, found {min:?} before {max:?}")]
    Reversed {
        /// What was given as the least.
        min: Duration,
        /// What was given as the greatest.
        max: Duration,
    },
    /// A pareto distribution starts above zero.
    #[error("expected a scale longer than zero")]
    ZeroScale,
    /// A pareto distribution has a shape above zero.
    #[error("expected a shape that is a finite number above 0, found {0}")]
    Shape(f64),
    /// There is nothing to draw from.
    #[error("expected a latency, such as \"200ms\", or at least one quantile, such as p50")]
    Nothing,
    /// A quantile is not between 0 and 1.
    #[error("expected a quantile above 0 and below 1, found {0}")]
    QuantileOutOfRange(f64),
    /// Each quantile is above the one before.
    #[error("expected quantiles that increase, found {next} after {previous}")]
    QuantilesNotIncreasing {
        /// The quantile before.
        previous: f64,
        /// The quantile that is not above it.
        next: f64,
    },
    /// No quantile has less latency than the one before.
    #[error("expected latencies that do not decrease, found {next:?} after {previous:?}")]
    LatencyDecreases {
        /// The latency before.
        previous: Duration,
        /// The latency that is below it.
        next: Duration,
    },
}
