//! The asked rate, against the share of operations that were drawn.

use chaos_core::{Rate, RateReached};

use crate::statistics::{Estimate, Proportion};

/// The share of the covered operations that was drawn, with bounds of this confidence.
///
/// A target that counts no draws says how many were struck, which is the same or less.
pub(super) fn drawn(rate: &RateReached, cluster: f64, confidence: f64) -> Option<Estimate> {
    let covered = rate.covered?;
    let share = Proportion::new(rate.drawn.unwrap_or(rate.struck), covered)?;
    share.clustered(cluster, confidence)
}

/// Why the drawn share is not the asked one, if chance does not explain it.
pub(super) fn shortfall(rate: &RateReached, drawn: Estimate) -> Option<String> {
    let share = rate.asked.as_share();
    let is_exact = rate.drawn.is_some();
    // Chance has no part in all or nothing, and an operation may be counted while the target is asked.
    let is_certain = [Rate::ALWAYS, Rate::NEVER].contains(&rate.asked);
    let is_off = drawn.lower > share || (is_exact && drawn.upper < share);
    let (asked, percent) = (rate.asked, drawn.value * 100.0);
    (is_off && !is_certain).then(|| {
        format!("was to strike {asked} of the operations, but {percent:.2}% were drawn, which is no chance")
    })
}
