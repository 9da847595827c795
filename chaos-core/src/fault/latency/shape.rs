//! The distributions of latencies.

use std::time::Duration;

use super::InvalidLatency;
use crate::Rate;

/// A distribution of latencies, valid by construction.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Fixed(Duration),
    Uniform { min: Duration, max: Duration },
    Normal { mean: Duration, std_dev: Duration },
    Exponential { mean: Duration },
    Pareto { scale: Duration, shape: f64 },
    Quantiles(Vec<(Rate, Duration)>),
}

impl Shape {
    pub(super) fn uniform(min: Duration, max: Duration) -> Result<Self, InvalidLatency> {
        if min > max {
            return Err(InvalidLatency::Reversed { min, max });
        }
        Ok(Self::Uniform { min, max })
    }

    pub(super) fn pareto(scale: Duration, shape: f64) -> Result<Self, InvalidLatency> {
        if scale.is_zero() {
            return Err(InvalidLatency::ZeroScale);
        }
        if !(shape.is_finite() && shape > 0.0) {
            return Err(InvalidLatency::Shape(shape));
        }
        Ok(Self::Pareto { scale, shape })
    }

    pub(super) fn quantiles(quantiles: Vec<(Rate, Duration)>) -> Result<Self, InvalidLatency> {
        if quantiles.is_empty() {
            return Err(InvalidLatency::Nothing);
        }
        for (quantile, _) in &quantiles {
            if [Rate::NEVER, Rate::ALWAYS].contains(quantile) {
                return Err(InvalidLatency::QuantileOutOfRange(quantile.as_share()));
            }
        }
        for pair in quantiles.windows(2) {
            let [(before, previous), (quantile, next)] = [pair[0], pair[1]];
            if before >= quantile {
                return Err(InvalidLatency::QuantilesNotIncreasing {
                    previous: before.as_share(),
                    next: quantile.as_share(),
                });
            }
            if previous > next {
                return Err(InvalidLatency::LatencyDecreases { previous, next });
            }
        }
        Ok(Self::Quantiles(quantiles))
    }
}
