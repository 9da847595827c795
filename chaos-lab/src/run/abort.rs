//! Judges, second by second, whether a run must be given up.

use crate::record::RecordEntry;
use crate::scenario::{Expectation, Scenario};
use crate::statistics::{Proportion, RateSequence};

/// The share of runs that may be given up by chance, all conditions and looks together.
const WRONG_AT_MOST: f64 = 0.05;

/// The conditions of a run, with the evidence so far; those by default end none.
#[derive(Default)]
pub(super) struct AbortConditions(Vec<Condition>);

/// A rate that must not be exceeded.
struct Condition {
    sequence: RateSequence,
    counted: fn(&RecordEntry) -> Option<Proportion>,
    why: String,
}

impl AbortConditions {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let plan = &scenario.abort_when;
        let expects_errors = scenario.expect == Expectation::Surfaced;
        let mut conditions = Vec::new();
        let mut add = |limit: f64, counted, why| {
            conditions.extend(RateSequence::above(limit).map(|sequence| Condition {
                sequence,
                counted,
                why,
            }));
        };
        if let Some(limit) = plan.error_rate.filter(|_| !expects_errors) {
            let why = format!("more than {limit} of the requests fail");
            add(limit.as_share(), RecordEntry::failed_requests, why);
        }
        if let Some(limit) = plan.availability {
            let why = format!("less than {limit} of the health probes are good");
            add(1.0 - limit.as_share(), RecordEntry::failed_probes, why);
        }
        if let Some(limit) = plan.business_rules {
            let why = format!("the business rules hold at less than {limit} of the looks");
            add(1.0 - limit.as_share(), broken_rules, why);
        }
        Self(conditions)
    }

    pub(super) fn measure(&mut self, entry: &RecordEntry) {
        for condition in &mut self.0 {
            if let Some(counted) = (condition.counted)(entry) {
                condition.sequence.add(counted);
            }
        }
    }

    /// Begins the next second; returns why the run must be given up, if it must.
    pub(super) fn begin_second(&mut self) -> Option<String> {
        let wrong_at_most = WRONG_AT_MOST / self.0.len().max(1) as f64;
        for condition in &mut self.0 {
            if condition.sequence.is_beyond(wrong_at_most) {
                return Some(condition.why.clone());
            }
            condition.sequence.begin_second();
        }
        None
    }
}

fn broken_rules(entry: &RecordEntry) -> Option<Proportion> {
    match entry {
        RecordEntry::Rule(sample) => sample.broken().map(Proportion::from),
        _ => None,
    }
}
