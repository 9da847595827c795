//! Judges, second by second, whether a run must be given up.

use crate::record::{RecordEntry, RuleState};
use crate::scenario::{Expectation, Scenario};
use crate::statistics::{Counted, Proportion, RateSequence};

/// The share of runs that may be given up by chance, all conditions and looks together.
const WRONG_AT_MOST: f64 = 0.05;

/// The conditions of a run, with the evidence so far; those by default end none.
#[derive(Default)]
pub(super) struct AbortConditions {
    errors: Option<Condition>,
    unavailability: Option<Condition>,
    broken_rules: Option<Condition>,
}

/// A rate that must not be exceeded.
struct Condition {
    sequence: RateSequence,
    why: String,
}

impl AbortConditions {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let plan = &scenario.abort_when;
        let expects_errors = scenario.expect == Expectation::Surfaced;
        let condition = |limit: f64, why: String| {
            let sequence = RateSequence::above(limit)?;
            Some(Condition { sequence, why })
        };
        let errors = plan.error_rate.filter(|_| !expects_errors);
        Self {
            errors: errors.and_then(|limit| {
                let why = format!("more than {limit} of the requests fail");
                condition(limit.as_share(), why)
            }),
            unavailability: plan.availability.and_then(|limit| {
                let why = format!("less than {limit} of the health probes are good");
                condition(1.0 - limit.as_share(), why)
            }),
            broken_rules: plan.business_rules.and_then(|limit| {
                let why = format!("the business rules hold at less than {limit} of the looks");
                condition(1.0 - limit.as_share(), why)
            }),
        }
    }

    pub(super) fn measure(&mut self, entry: &RecordEntry) {
        match entry {
            RecordEntry::Sample(sample) if sample.was_sent() => {
                add(&mut self.errors, Counted::when(!sample.ok));
            }
            RecordEntry::Outcomes(sample) => add(&mut self.errors, sample.failed),
            RecordEntry::Probe(sample) => {
                let failed = Counted::when(sample.problem.is_some());
                add(&mut self.unavailability, failed);
            }
            RecordEntry::Rule(sample) => match sample.found {
                RuleState::Holds => add(&mut self.broken_rules, Counted::Out),
                RuleState::Broken(_) => add(&mut self.broken_rules, Counted::In),
                RuleState::Unknown(_) => {}
            },
            _ => {}
        }
    }

    /// Begins the next second; returns why the run must be given up, if it must.
    pub(super) fn begin_second(&mut self) -> Option<String> {
        let conditions = [
            &mut self.errors,
            &mut self.unavailability,
            &mut self.broken_rules,
        ];
        let mut conditions: Vec<_> = conditions.into_iter().flatten().collect();
        let wrong_at_most = WRONG_AT_MOST / conditions.len().max(1) as f64;
        for condition in &mut conditions {
            if condition.sequence.is_beyond(wrong_at_most) {
                return Some(condition.why.clone());
            }
            condition.sequence.begin_second();
        }
        None
    }
}

fn add(condition: &mut Option<Condition>, counted: impl Into<Proportion>) {
    if let Some(condition) = condition {
        condition.sequence.add(counted);
    }
}
