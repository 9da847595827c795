//! Draws latencies.

use std::time::Duration;

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, Pareto, StandardNormal};

use super::Latency;
use super::quantile::{between, interpolate, seconds};
use super::shape::Shape;

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
            Self::Quantiles(quantiles) => interpolate(quantiles, rng.random()),
        }
    }
}
