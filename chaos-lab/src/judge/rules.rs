//! Whether the business rules held.

use chaos_core::adapter::HumanDuration;

use super::recorded::Recorded;
use crate::Verdict;
use crate::record::{RuleSample, RuleState};
use crate::report::{BrokenRule, Finding, Indicator};
use crate::scenario::{ProbePlan, Stage};
use crate::statistics::{Counted, Proportion};

impl Recorded<'_> {
    /// Whether the rules held from the start of the fault on; nothing without rules that a single look can find broken.
    ///
    /// A rule must always hold, so one look that finds it broken decides. A look without an answer says nothing.
    pub(super) fn business_rules(&self) -> Option<Finding> {
        self.start(Stage::Inject)?;
        let rules = &self.opened.scenario.business_rules;
        let only_moves = rules.iter().filter(|rule| rule.only_moves());
        let only_moves: Vec<String> = only_moves.map(ProbePlan::name).collect();
        if rules.len() == only_moves.len() {
            return None;
        }
        let looks = self.rules(self.from(Stage::Inject));
        let looks = looks.filter(|(_, look)| !only_moves.contains(&look.rule));
        let held: Proportion = looks.filter_map(|(_, look)| held(look)).collect();
        let verdict = match (held.of(), held.complement().count()) {
            (0, _) => Verdict::inconclusive("no look at the business rules got an answer"),
            (_, 0) => Verdict::Met,
            _ => Verdict::Violated,
        };
        let measured = held.estimate();
        Some(Finding::new(
            Indicator::BusinessRules,
            1.0,
            measured,
            verdict,
        ))
    }

    /// The rules that were found broken, each with the first such look.
    pub(super) fn broken_rules(&self) -> Vec<BrokenRule> {
        let mut broken: Vec<BrokenRule> = Vec::new();
        for (at, look) in self.rules(self.from(Stage::Inject)) {
            if let RuleState::Broken(why) = &look.found
                && broken.iter().all(|one| one.rule != look.rule)
            {
                broken.push(BrokenRule {
                    rule: look.rule.clone(),
                    at: HumanDuration(at),
                    why: why.clone(),
                });
            }
        }
        broken
    }
}

fn held(look: &RuleSample) -> Option<Counted> {
    match look.found {
        RuleState::Holds => Some(Counted::In),
        RuleState::Broken(_) => Some(Counted::Out),
        RuleState::Unknown(_) => None,
    }
}
