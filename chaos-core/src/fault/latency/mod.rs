//! Latencies: fixed times and distributions.

mod invalid;
mod quantile;
#[cfg(feature = "inject")]
mod sample;
mod serde;
mod shape;

use std::time::Duration;

pub use invalid::InvalidLatency;
use shape::Shape;

use crate::Rate;

/// The time by which an operation is delayed: a fixed time or a distribution.
///
/// It can grow from zero to its full size ([`Latency::ramp`]) and have a ceiling ([`Latency::at_most`]); distributions
/// with a long tail, such as Pareto, should have one.
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
/// # Ok::<(), chaos_core::error::InvalidLatency>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Latency {
    shape: Shape,
    ramp: Option<Duration>,
    at_most: Option<Duration>,
}

impl Latency {
    /// Creates a fixed latency.
    pub fn fixed(time: Duration) -> Self {
        Shape::Fixed(time).into()
    }

    /// Creates a uniform distribution between `min` and `max`.
    ///
    /// # Errors
    ///
    /// When `min` is above `max`.
    pub fn uniform(min: Duration, max: Duration) -> Result<Self, InvalidLatency> {
        Shape::uniform(min, max).map(Self::from)
    }

    /// Creates a normal distribution, cut off at zero.
    pub fn normal(mean: Duration, std_dev: Duration) -> Self {
        Shape::Normal { mean, std_dev }.into()
    }

    /// Creates an exponential distribution: mostly short times, sometimes long ones.
    pub fn exponential(mean: Duration) -> Self {
        Shape::Exponential { mean }.into()
    }

    /// Creates a Pareto distribution that starts at `scale`; the smaller `shape`, the longer its tail.
    ///
    /// # Errors
    ///
    /// When `scale` is zero, or `shape` is not a finite number above zero.
    pub fn pareto(scale: Duration, shape: f64) -> Result<Self, InvalidLatency> {
        Shape::pareto(scale, shape).map(Self::from)
    }

    /// Creates a distribution from measurements: pairs of a quantile (a share between 0 and 1) and its latency.
    ///
    /// The latency is interpolated between quantiles, starting from zero. Above the last quantile, it is constant.
    ///
    /// # Errors
    ///
    /// When there are no quantiles, one is not above 0 and below 1, they do not increase, or a latency decreases.
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

    /// Grows linearly from zero to its full size within `time` from the start of the experiment.
    pub fn ramp(mut self, time: Duration) -> Self {
        self.ramp = Some(time).filter(|time| !time.is_zero());
        self
    }

    /// Limits the latency to `ceiling`.
    pub fn at_most(mut self, ceiling: Duration) -> Self {
        self.at_most = Some(ceiling);
        self
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
