//! The asked rate, against the share of operations that were drawn.

use chaos_core::{Rate, RateReached};

use crate::Verdict;
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
pub(super) fn shortfall(name: &str, rate: &RateReached, drawn: Estimate) -> Option<Verdict> {
    let asked = rate.asked.as_share();
    let is_exact = rate.drawn.is_some();
    // Chance has no part in all or nothing, and an operation may be counted while the target is asked.
    let is_certain = [Rate::ALWAYS, Rate::NEVER].contains(&rate.asked);
    let is_off = drawn.lower > asked || (is_exact && drawn.upper < asked);
    (is_off && !is_certain).then(|| {
        let percent = |share: f64| share * 100.0;
        super::not_run(
            name,
            &format!(
                "was to strike {} of the operations, but {:.2}% were drawn, which is no chance",
                rate.asked,
                percent(drawn.value)
            ),
        )
    })
}
