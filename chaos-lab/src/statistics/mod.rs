//! What a measurement says about the truth: one-sided bounds of 95 %.

mod estimate;
mod planning;
mod proportion;
mod quantile;
mod search;
mod sequence;

pub use estimate::{Estimate, Judgement, difference_of_proportions, difference_of_values};
pub use planning::{requests_that_decide, requests_to_plan};
pub use proportion::{Counted, Proportion};
pub use quantile::{Ranks, quantile_of, quantile_ranks};
pub use sequence::RateSequence;

/// The confidence of each bound, taken by itself.
pub const CONFIDENCE: f64 = 0.95;
