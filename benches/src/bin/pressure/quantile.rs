//! Quantiles of measured durations.

use std::time::Duration;

/// Returns the duration below which `share` of the sorted durations are.
pub(crate) fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * share) as usize)
        .copied()
        .unwrap_or_default()
}
