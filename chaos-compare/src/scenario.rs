//! Compares two records of one scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chaos_lab::judge;
use chaos_lab::load::Sample;
use chaos_lab::report::Report;

use crate::change::Change;
use crate::comparability::{self, Strikes};
use crate::comparison::{GroupComparison, ScenarioComparison};
use crate::pairs::{Pair, Recorded, Requests, When};
use crate::subject::Subject;

/// The requests with one subject.
#[derive(Default)]
struct Group {
    pairs: Vec<Pair>,
    only_in_a: u64,
    only_in_b: u64,
}

/// Compares two records, if they can be; each change is still taken by itself.
pub(crate) fn compare(a: &Recorded, b: &Recorded, noticeable: Duration) -> ScenarioComparison {
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
