//! Compares the records of two builds.

use std::time::Duration;

use chaos_lab::record::{Line, Opened};

use crate::change::{Change, Effect};
use crate::comparison::{Comparison, ScenarioComparison};
use crate::pairs::Recorded;
use crate::scenario;
use crate::statistics::holm;

/// The share of comparisons of equal builds that find a difference, at most.
const WRONG_AT_MOST: f64 = 0.05;

/// The default for the smallest difference of latency that is noticeable.
///
/// Two runs of one build differ by as much.
pub const NOTICEABLE_LATENCY: Duration = Duration::from_millis(5);

/// Compares records of a build `a` with those of a later build `b`, joined by the names of their scenarios.
///
/// Failures are compared by McNemar's exact test. Latencies are compared by the sign test: the median of their differences
/// must be above `noticeable`, and above a tenth of the latency.
/// All operations, faults and scenarios together are wrong about equal builds in at most 5 % of comparisons.
#[must_use]
pub fn compare(
    a: &[(Opened, Vec<Line>)],
    b: &[(Opened, Vec<Line>)],
    noticeable: Duration,
) -> Comparison {
    let mut scenarios = scenarios(a, b, noticeable);
    let groups = scenarios.iter_mut().flat_map(|one| &mut one.groups);
    let changes = groups.flat_map(|group| &mut group.changes);
    settle(&mut changes.collect::<Vec<_>>());
    Comparison::new(scenarios, noticeable)
}

/// Joins the records by the names of their scenarios; two single ones belong together in any case.
fn scenarios(a: &[Recorded], b: &[Recorded], noticeable: Duration) -> Vec<ScenarioComparison> {
    if let ([a], [b]) = (a, b) {
        return vec![scenario::compare(a, b, noticeable)];
    }
    let same = |records: &[Recorded], name: &str| {
        let same = |(opened, _): &Recorded| opened.scenario.name == name;
        records.iter().position(same)
    };
    let of_a = a.iter().map(|record| {
        let name = &record.0.scenario.name;
        match same(b, name) {
            Some(at) => scenario::compare(record, &b[at], noticeable),
            None => only("A", name),
        }
    });
    let names_of_b = b.iter().map(|(opened, _)| &opened.scenario.name);
    let only_b = names_of_b.filter(|name| same(a, name).is_none());
    of_a.chain(only_b.map(|name| only("B", name))).collect()
}

fn only(side: &str, name: &str) -> ScenarioComparison {
    ScenarioComparison::incomparable(name, format!("only {side} has a record of it"))
}

/// Decides which changes are more than chance, all of them together.
pub(crate) fn settle(changes: &mut [&mut Change]) {
    let p_values: Vec<f64> = changes.iter().map(|change| change.p_value).collect();
    for (change, p_value) in changes.iter_mut().zip(holm(&p_values)) {
        change.p_value = p_value;
        change.effect = match p_value <= WRONG_AT_MOST {
            false => Effect::None,
            true if change.worse > change.better => Effect::Regression,
            true => Effect::Improvement,
        };
    }
}
