//! How much longer an operation takes.

mod invalid;
#[cfg(feature = "inject")]
mod sample;
mod serde;
mod shape;

use std::time::Duration;

pub use invalid::InvalidLatency;
use shape::Shape;

use crate::Rate;

/// How much longer an operation takes: a fixed time or a distribution.
///
/// It can grow from nothing to its full size ([`Latency::ramp`]) and have a ceiling
/// ([`Latency::at_most`]); distributions with a long tail, such as pareto, want one.
///
/// ```
/// use std::time::Duration;
/// use chaos_core::Latency;
///
/// let fixed = Latency::fixed(Duration::from_millis(200));
/// let tail = Latency::quantiles([
///     (0.5, Duration::from_millis(20)),
///     (0.99, Duration::from_secs(1)),
/// ])?
/// .ramp(Duration::from_secs(30));
/// # Ok::<(), chaos_core::InvalidLatency>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Latency {
    shape: Shape,
    ramp: Option<Duration>,
    at_most: Option<Duration>,
}

impl Latency {
    /// Always `time`.
    pub fn fixed(time: Duration) -> Self {
        Shape::Fixed(time).into()
    }

    /// Anything between `min` and `max`, all equally likely.
    ///
    /// # Errors
    ///
    /// When `min` is above `max`.
    pub fn uniform(min: Duration, max: Duration) -> Result<Self, InvalidLatency> {
        Shape::uniform(min, max).map(Self::from)
    }

    /// A bell curve around `mean`; what would be less than nothing is nothing.
    pub fn normal(mean: Duration, std_dev: Duration) -> Self {
        Shape::Normal { mean, std_dev }.into()
    }

    /// Mostly short, sometimes long; `mean` on average.
    pub fn exponential(mean: Duration) -> Self {
        Shape::Exponential { mean }.into()
    }

    /// At least `scale`, with a long tail: the smaller `shape`, the longer.
    ///
    /// # Errors
    ///
    /// When `scale` is zero, or `shape` is not a finite number above zero.
    pub fn pareto(scale: Duration, shape: f64) -> Result<Self, InvalidLatency> {
        Shape::pareto(scale, shape).map(Self::from)
    }

    /// What was measured: pairs of a quantile (a share between 0 and 1) and its latency.
    ///
    /// Between two quantiles the latency is interpolated, from nothing to the first; above the last
    /// it stays.
    ///
    /// # Errors
    ///
    /// When there are no quantiles, one is not above 0 and below 1, they do not increase, or a
    /// latency decreases.
    pub fn quantiles(
        quantiles: impl IntoIterator<Item = (f64, Duration)>,
    ) -> Result<Self, InvalidLatency> {
        let quantiles = quantiles
            .into_iter()
            .map(|(quantile, time)| {
                Rate::share(quantile)
                    .map(|rate| (rate, time))
                    .map_err(|_| InvalidLatency::QuantileOutOfRange(quantile))
            })
            .collect::<Result<_, _>>()?;
        Shape::quantiles(quantiles).map(Self::from)
    }

    /// Grows evenly from nothing to its full size within `time` from the start of the experiment.
    pub fn ramp(self, time: Duration) -> Self {
        Self {
            ramp: Some(time).filter(|time| !time.is_zero()),
            ..self
        }
    }

    /// Never longer than `ceiling`.
    pub fn at_most(self, ceiling: Duration) -> Self {
        Self {
            at_most: Some(ceiling),
            ..self
        }
    }
}

impl From<Shape> for Latency {
    fn from(shape: Shape) -> Self {
        Self {
            shape,
            ramp: None,
            at_most: None,
        }
    }
}

impl From<Duration> for Latency {
    fn from(time: Duration) -> Self {
        Self::fixed(time)
    }
}

#[cfg(test)]
mod tests;
