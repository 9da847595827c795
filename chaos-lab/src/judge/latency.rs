//! Quantiles of latency, with their bounds.

use std::time::Duration;

use crate::load::Sample;
use crate::statistics::{Estimate, difference_of_values, quantile_of, quantile_ranks};

/// The quantile that latencies are compared by.
const QUANTILE: f64 = 0.95;

/// How much longer the 95th percentile of some requests took than that of others, in seconds.
pub(super) fn difference<'a>(
    of: impl Iterator<Item = &'a Sample>,
    from: impl Iterator<Item = &'a Sample>,
) -> Option<Estimate> {
    Some(difference_of_values(p95(of)?, p95(from)?))
}

/// A quantile of sorted latencies.
pub(super) fn quantile(took: &[Duration], quantile: f64) -> Option<Duration> {
    let ranks = quantile_ranks(quantile, took.len() as u64)?;
    Some(took[ranks.value as usize - 1])
}

/// The 95th percentile of latency in seconds.
fn p95<'a>(requests: impl Iterator<Item = &'a Sample>) -> Option<Estimate> {
    let took = requests.map(|sample| sample.took.0.as_secs_f64());
    let p95 = quantile_of(took.collect(), QUANTILE)?;
    Some(Estimate {
        lower: p95.lower.max(0.0),
        ..p95
    })
}
