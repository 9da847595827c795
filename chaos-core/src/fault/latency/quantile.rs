//! Quantiles of latencies, known without drawing any.

use std::time::Duration;

use super::Latency;
use super::shape::Shape;
use crate::Rate;

impl Latency {
    /// Returns the delay that a share of the delayed operations stay within: with 0.5, the median.
    ///
    /// A drawn latency of zero delays nothing, and is left out. There is no quantile while a [`ramp`](Self::ramp) changes
    /// the distribution, nor of a normal distribution that is often cut off at zero.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        if self.ramp.is_some() {
            return None;
        }
        let full = self.shape.quantile(share.clamp(0.0, 1.0))?;
        Some(self.at_most.map_or(full, |ceiling| full.min(ceiling)))
    }
}

impl Shape {
    fn quantile(&self, share: f64) -> Option<Duration> {
        Some(match self {
            Self::Fixed(time) => *time,
            Self::Uniform { min, max } => between(*min, *max, share),
            Self::Normal { mean, std_dev } => {
                // Three standard deviations above zero, one draw of 700 is cut off.
                if *mean < std_dev.saturating_mul(3) {
                    return None;
                }
                seconds(mean.as_secs_f64() + standard_normal(share) * std_dev.as_secs_f64())
            }
            Self::Exponential { mean } => seconds(mean.as_secs_f64() * -(1.0 - share).ln()),
            Self::Pareto { scale, shape } => {
                seconds(scale.as_secs_f64() * (1.0 - share).powf(-1.0 / shape))
            }
            Self::Quantiles(quantiles) => {
                let zero = quantiles.iter().rfind(|(_, time)| time.is_zero());
                let zero = zero.map_or(0.0, |(quantile, _)| quantile.as_share());
                interpolate(quantiles, zero + (1.0 - zero) * share)
            }
        })
    }
}

/// A quantile of the standard normal distribution, by Tukey's lambda; within 0.01 of the exact one from 1 % to 99 %.
fn standard_normal(share: f64) -> f64 {
    match share {
        0.0 => f64::NEG_INFINITY,
        1.0 => f64::INFINITY,
        _ => 4.91 * (share.powf(0.14) - (1.0 - share).powf(0.14)),
    }
}

/// The latency at the share `at`, interpolated linearly between the known ones.
pub(super) fn interpolate(known: &[(Rate, Duration)], at: f64) -> Duration {
    let mut below = (0.0, Duration::ZERO);
    for (quantile, time) in known {
        let quantile = quantile.as_share();
        if at < quantile {
            return between(below.1, *time, (at - below.0) / (quantile - below.0));
        }
        below = (quantile, *time);
    }
    below.1
}

/// The point at a share of the distance from `min` to `max`.
pub(super) fn between(min: Duration, max: Duration, share: f64) -> Duration {
    let distance = max.saturating_sub(min).as_secs_f64();
    min.saturating_add(seconds(distance * share)).min(max)
}

/// Converts seconds to a duration, clamped to its range.
pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(if seconds > 0.0 {
        Duration::MAX
    } else {
        Duration::ZERO
    })
}
