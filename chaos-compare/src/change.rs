//! What changed in a group of requests.

use std::time::Duration;

use chaos_lab::report::Unit;
use chaos_lab::statistics::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pairs::{Ending, Pair};
use crate::statistics::{Discordant, SignTest};

/// Fewer pairs can't differ by more than chance: if all of 5 are worse, that happens to equal builds once in 16.
pub(crate) const LEAST_PAIRS: u64 = 6;

/// The share of a latency that is no noticeable difference: a busy machine slows two runs of one build down by as much.
const NOTICEABLE_SHARE: f64 = 0.1;

/// What changed in a group of requests, by one measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Change {
    /// What was measured.
    pub measure: Measure,
    /// Whether it changed by more than chance.
    pub effect: Effect,
    /// The share of failed requests of the first build, or their median latency in seconds.
    pub a: f64,
    /// That of the second build.
    pub b: f64,
    /// How much larger the second is, between two bounds that hold together at 95 %.
    ///
    /// For failures, the bounds are those of Tango for pairs. For latencies, it is the median of the differences of pairs,
    /// with bounds by ranks.
    pub difference: Estimate,
    /// The number of pairs that were compared.
    pub pairs: u64,
    /// The pairs of which only the second failed, or was noticeably slower.
    pub worse: u64,
    /// The pairs of which only the first failed, or was noticeably slower.
    pub better: u64,
    /// The probability of at least as much difference by chance, adjusted for the number of comparisons.
    pub p_value: f64,
}

/// What is measured of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Measure {
    /// Whether it failed.
    Failures,
    /// How long it took, among the requests that ended the same in both builds.
    Latency,
}

impl Measure {
    /// The unit of its values.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::Failures => Unit::Share,
            Self::Latency => Unit::Seconds,
        }
    }
}

/// Whether something changed by more than chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// The second build is worse.
    Regression,
    /// The second build is better.
    Improvement,
    /// There is no difference, or the measurement is too coarse for it.
    None,
}

impl Change {
    /// The changes of some requests, each taken by itself; none, if they are too few.
    pub(crate) fn of(pairs: &[Pair], noticeable: Duration) -> Vec<Self> {
        let changes = [failures(pairs), latency(pairs, noticeable)];
        let is_enough = |change: &Self| change.pairs >= LEAST_PAIRS;
        changes.into_iter().flatten().filter(is_enough).collect()
    }
}

fn failures(pairs: &[Pair]) -> Option<Change> {
    let count = |is_in: fn(&Pair) -> bool| pairs.iter().filter(|pair| is_in(pair)).count() as u64;
    let worse = count(|pair| pair.a.ok && !pair.b.ok);
    let better = count(|pair| !pair.a.ok && pair.b.ok);
    let of = pairs.len() as u64;
    let discordant = Discordant::new(worse, better, of)?;
    Some(Change {
        measure: Measure::Failures,
        effect: Effect::None,
        a: count(|pair| !pair.a.ok) as f64 / of as f64,
        b: count(|pair| !pair.b.ok) as f64 / of as f64,
        difference: discordant.difference()?,
        pairs: of,
        worse,
        better,
        p_value: discordant.mcnemar(),
    })
}

/// A request that fails early is not fast, so only those that ended the same are compared.
fn latency(pairs: &[Pair], noticeable: Duration) -> Option<Change> {
    let same: Vec<&Pair> = pairs.iter().filter(|pair| pair.a.ok == pair.b.ok).collect();
    let seconds = |ending: Ending| ending.took.as_secs_f64();
    let difference = |pair: &&Pair| seconds(pair.b) - seconds(pair.a);
    let mut differences: Vec<f64> = same.iter().map(difference).collect();
    let median = |side: fn(&Pair) -> Ending| {
        let mut took: Vec<f64> = same.iter().map(|pair| seconds(side(pair))).collect();
        took.sort_unstable_by(f64::total_cmp);
        took.get(took.len() / 2).copied()
    };
    let (a, b) = (median(|pair| pair.a)?, median(|pair| pair.b)?);
    let margin = noticeable.as_secs_f64().max(NOTICEABLE_SHARE * a.min(b));
    let test = SignTest::of(&mut differences, margin)?;
    Some(Change {
        measure: Measure::Latency,
        effect: Effect::None,
        a,
        b,
        difference: test.median,
        pairs: same.len() as u64,
        worse: test.above,
        better: test.below,
        p_value: test.p_value,
    })
}
