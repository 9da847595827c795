//! Whether the business rules held.

use chaos_core::adapter::HumanDuration;

use super::timeline::{Timeline, rules};
use crate::Verdict;
use crate::record::{Line, RuleSample, RuleState};
use crate::report::{BrokenRule, Finding, Indicator};
use crate::scenario::{ProbePlan, Scenario, Stage};
use crate::statistics::{Counted, Proportion};

/// Whether the rules held from the start of the fault on; nothing without rules that a single look can find broken.
///
/// A rule must always hold, so one look that finds it broken decides. A look without an answer says nothing.
pub(super) fn finding(scenario: &Scenario, lines: &[Line], timeline: &Timeline) -> Option<Finding> {
    let looks = rules(lines, timeline.from(Stage::Inject)?);
    let only_moves: Vec<String> = scenario
        .business_rules
        .iter()
        .filter(|rule| rule.only_moves())
        .map(ProbePlan::name)
        .collect();
    if scenario.business_rules.len() == only_moves.len() {
        return None;
    }
    let looks = looks.filter(|(_, look)| !only_moves.contains(&look.rule));
    let held: Proportion = looks.filter_map(|(_, look)| held(look)).collect();
    let verdict = match (held.of(), held.complement().count()) {
        (0, _) => Verdict::inconclusive("no look at the business rules got an answer"),
        (_, 0) => Verdict::Met,
        _ => Verdict::Violated,
    };
    Some(Finding::new(
        Indicator::BusinessRules,
        1.0,
        held.estimate(),
        verdict,
    ))
}

fn held(look: &RuleSample) -> Option<Counted> {
    match look.found {
        RuleState::Holds => Some(Counted::In),
        RuleState::Broken(_) => Some(Counted::Out),
        RuleState::Unknown(_) => None,
    }
}

/// The rules that were found broken, each with the first such look.
pub(super) fn broken(lines: &[Line], timeline: &Timeline) -> Vec<BrokenRule> {
    let span = timeline.from(Stage::Inject).unwrap_or_default();
    let mut found: Vec<BrokenRule> = Vec::new();
    for (at, look) in rules(lines, span) {
        let RuleState::Broken(why) = &look.found else {
            continue;
        };
        if found.iter().all(|one| one.rule != look.rule) {
            found.push(BrokenRule {
                rule: look.rule.clone(),
                at: HumanDuration(at),
                why: why.clone(),
            });
        }
    }
    found
}
