//! Draws latencies.

use std::time::Duration;

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, Pareto, StandardNormal};

use super::Latency;
use super::shape::Shape;
use crate::Rate;

impl Latency {
    /// Draws one latency for an experiment that has been running for `running_for`.
    pub(crate) fn sample(&self, rng: &mut impl Rng, running_for: Duration) -> Duration {
        let full = self.shape.sample(rng);
        let grown = match self.ramp {
            Some(ramp) if running_for < ramp => {
                seconds(full.as_secs_f64() * (running_for.as_secs_f64() / ramp.as_secs_f64()))
            }
            _ => full,
        };
        self.at_most.map_or(grown, |ceiling| grown.min(ceiling))
    }
}

impl Shape {
    fn sample(&self, rng: &mut impl Rng) -> Duration {
        match self {
            Self::Fixed(time) => *time,
            Self::Uniform { min, max } => between(*min, *max, rng.random()),
            Self::Normal { mean, std_dev } => {
                let deviation: f64 = StandardNormal.sample(rng);
                seconds(mean.as_secs_f64() + deviation * std_dev.as_secs_f64())
            }
            Self::Exponential { mean } => {
                let factor: f64 = Exp1.sample(rng);
                seconds(mean.as_secs_f64() * factor)
            }
            Self::Pareto { scale, shape } => match Pareto::new(scale.as_secs_f64(), *shape) {
                Ok(pareto) => seconds(pareto.sample(rng)).max(*scale),
                Err(_) => *scale,
            },
            Self::Quantiles(quantiles) => quantile(quantiles, rng.random()),
        }
    }
}

/// The latency at the share `at`, interpolated linearly between the known ones.
fn quantile(known: &[(Rate, Duration)], at: f64) -> Duration {
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
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(if seconds > 0.0 {
        Duration::MAX
    } else {
        Duration::ZERO
    })
}
