//! How the target came back after the fault.

use std::collections::BTreeMap;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;

use super::steadiness::Seconds;
use super::timeline::{Timeline, failed_probes, probes, requests, rules};
use crate::Verdict;
use crate::record::{Line, RuleState};
use crate::report::{Finding, Indicator, Recovery};
use crate::scenario::Stage;
use crate::statistics::{Counted, Estimate, Proportion};

/// The last looks of a probe, one of which must be good: a single one may fail by chance.
const LAST_LOOKS: usize = 3;

/// How the target came back; nothing, if the record ends before the fault does.
pub(super) fn recovery(lines: &[Line], timeline: &Timeline, seconds: &Seconds) -> Option<Recovery> {
    let span = timeline.from(Stage::Recover)?;
    let after = |at: Duration| HumanDuration(at.saturating_sub(span.start));
    let mut since: Vec<_> = requests(lines, span.clone()).collect();
    since.sort_by_key(|sample| sample.due.0);
    let ok = since.iter().filter(|sample| sample.ok);
    let answered = ok.map(|sample| sample.due.0 + sample.took.0);
    let well = probes(lines, span.clone()).filter(|(_, probe)| probe.problem.is_none());
    let well = well.map(|(at, _)| at);
    let from_fault_on = timeline.from(Stage::Inject).unwrap_or_default();
    Some(Recovery {
        first_success: answered.min().or(well.min()).map(after),
        successes_in_a_row: since.iter().take_while(|sample| sample.ok).count() as u64,
        steady: seconds.steady_from(span.start).map(after),
        rules_hold: rules_hold_from(lines, timeline).map(after),
        downtime: HumanDuration(seconds.downtime()),
        failed_health_checks: failed_probes(lines, from_fault_on).count(),
    })
}

/// The first look at the rules after the fault from which on all of them hold.
fn rules_hold_from(lines: &[Line], timeline: &Timeline) -> Option<Duration> {
    let mut from: BTreeMap<&str, Option<Duration>> = BTreeMap::new();
    for (at, look) in rules(lines, timeline.from(Stage::Recover)?) {
        let from = from.entry(&look.rule).or_default();
        match look.found {
            RuleState::Holds => *from = from.or(Some(at)),
            RuleState::Broken(_) => *from = None,
            RuleState::Unknown(_) => {}
        }
    }
    let all: Option<Vec<_>> = from.into_values().collect();
    all?.into_iter().max()
}

/// The probes that are good again at the end; nothing without probes, or if the record ends before the fault does.
pub(super) fn steady_state(lines: &[Line], timeline: &Timeline) -> Option<Finding> {
    let span = timeline.from(Stage::Recover)?;
    let whole = Duration::ZERO..span.end;
    let mut looks: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
    for (at, probe) in probes(lines, whole) {
        let looks = looks.entry(&probe.probe).or_default();
        if at >= span.start {
            looks.push(probe.problem.is_none());
        }
    }
    if looks.is_empty() {
        return None;
    }
    let good: Proportion = looks
        .values()
        .map(|looks| Counted::when(looks.iter().rev().take(LAST_LOOKS).any(|good| *good)))
        .collect();
    let verdict = if looks.values().any(Vec::is_empty) {
        Verdict::inconclusive("the run ended before each probe had looked after the fault")
    } else if good.complement().count() > 0 {
        Verdict::Violated
    } else {
        Verdict::Met
    };
    let measured = good.share().map(|share| Estimate::new(share, share, share));
    Some(Finding::new(Indicator::SteadyState, 1.0, measured, verdict))
}
