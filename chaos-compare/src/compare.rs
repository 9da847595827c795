//! Compares the records of two builds, scenario by scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chaos_lab::judge;
use chaos_lab::load::Sample;
use chaos_lab::record::{Line, Opened};
use chaos_lab::report::Report;

use crate::change::{Change, Effect};
use crate::comparability::{self, Strikes};
use crate::comparison::{Comparison, GroupComparison, ScenarioComparison};
use crate::pairs::{Pair, Recorded, Requests, When};
use crate::statistics::holm;
use crate::subject::Subject;

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
        return vec![compare_scenario(a, b, noticeable)];
    }
    let same = |records: &[Recorded], name: &str| {
        let same = |(opened, _): &Recorded| opened.scenario.name == name;
        records.iter().position(same)
    };
    let of_a = a.iter().map(|record| {
        let name = &record.0.scenario.name;
        match same(b, name) {
            Some(at) => compare_scenario(record, &b[at], noticeable),
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

/// The requests with one subject.
#[derive(Default)]
struct Group {
    pairs: Vec<Pair>,
    only_in_a: u64,
    only_in_b: u64,
}

/// Compares two records, if they can be; each change is still taken by itself.
fn compare_scenario(a: &Recorded, b: &Recorded, noticeable: Duration) -> ScenarioComparison {
    let name = &a.0.scenario.name;
    groups(a, b, noticeable).unwrap_or_else(|why| ScenarioComparison::incomparable(name, why))
}

fn groups(a: &Recorded, b: &Recorded, noticeable: Duration) -> Result<ScenarioComparison, String> {
    comparability::of_questions(&a.0, &b.0)?;
    let judged = |(opened, lines): &Recorded| {
        let limits = opened.scenario.objectives.limits();
        judge(opened, lines, &limits)
    };
    let reports = [("A", judged(a)), ("B", judged(b))];
    for (side, report) in &reports {
        comparability::of_run(side, report)?;
    }
    let (a_requests, b_requests) = (Requests::of(&a.1), Requests::of(&b.1));
    let joined = a_requests.joined(&b_requests);
    comparability::of_ids(joined.len(), a_requests.len(), b_requests.len())?;
    let (groups, strikes) = grouped(&a_requests, &b_requests, &joined);
    let groups: Vec<_> = groups
        .into_iter()
        .map(|(subject, group)| GroupComparison {
            subject,
            pairs: group.pairs.len() as u64,
            struck_only_in_a: group.only_in_a,
            struck_only_in_b: group.only_in_b,
            changes: Change::of(&group.pairs, noticeable),
        })
        .collect();
    comparability::of_groups(&groups, strikes)?;
    comparability::of_strikes(strikes, &reports)?;
    Ok(ScenarioComparison {
        scenario: a.0.scenario.name.clone(),
        incomparable: None,
        groups,
        caveats: caveats(&reports),
    })
}

/// The pairs by subject; a request that several faults struck is in several groups.
///
/// A request that was struck in one build only belongs to the group, too: which calls a build makes is a part of what
/// changed. In equal builds, it is as likely to be either.
fn grouped(
    a: &Requests<'_>,
    b: &Requests<'_>,
    joined: &[(&Sample, &Sample)],
) -> (BTreeMap<Subject, Group>, Strikes) {
    let mut groups: BTreeMap<Subject, Group> = BTreeMap::new();
    let mut strikes = Strikes::default();
    for (of_a, of_b) in joined {
        let pair = Pair {
            a: (*of_a).into(),
            b: (*of_b).into(),
        };
        let in_a: BTreeSet<&Subject> = a.struck(of_a).collect();
        let in_b: BTreeSet<&Subject> = b.struck(of_b).collect();
        let struck: BTreeSet<&Subject> = in_a.union(&in_b).copied().collect();
        let Some(when) = a.when(of_a).filter(|when| b.when(of_b) == Some(*when)) else {
            strikes.add_across(!struck.is_empty());
            continue;
        };
        let mut add = |subject: &Subject| {
            let group = groups.entry(subject.clone()).or_default();
            group.pairs.push(pair);
            group.only_in_a += u64::from(in_a.contains(subject) && !in_b.contains(subject));
            group.only_in_b += u64::from(in_b.contains(subject) && !in_a.contains(subject));
        };
        if struck.is_empty() {
            add(&Subject::NoFault {
                request: of_a.request.clone(),
            });
        } else if when == When::During {
            strikes.add(&in_a, &in_b);
            struck.into_iter().for_each(add);
        }
    }
    (groups, strikes)
}

fn caveats(reports: &[(&str, Report)]) -> Vec<String> {
    let of_one = reports.iter().flat_map(|(side, report)| {
        let unknown: u64 = report.fates.iter().map(|fate| fate.unknown).sum();
        let unknown = (unknown > 0).then(|| {
            format!(
                "injections that are not compared, as they belong to no request of the load or to one that ended after the \
                 fault: {unknown}"
            )
        });
        let caveats = report.caveats.iter().cloned().chain(unknown);
        caveats.map(move |caveat| format!("{side}: {caveat}"))
    });
    of_one.collect()
}
