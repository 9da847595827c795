//! Judges, second by second, whether a run must be given up.

use crate::load::Sample;
use crate::record::ProbeSample;
use crate::scenario::{Expectation, Scenario};
use crate::statistics::{Counted, RateSequence};

/// The share of runs that may be given up by chance, all conditions and looks together.
const WRONG_AT_MOST: f64 = 0.05;

/// The conditions of a run, with the evidence so far.
pub(super) struct AbortConditions {
    errors: Option<(RateSequence, String)>,
    unavailability: Option<(RateSequence, String)>,
}

impl AbortConditions {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let plan = &scenario.abort_when;
        let expects_errors = scenario.expect == Expectation::Surfaced;
        let errors = plan.error_rate.filter(|_| !expects_errors);
        let errors = errors.and_then(|limit| {
            let sequence = RateSequence::above(limit.as_share())?;
            Some((sequence, format!("more than {limit} of the requests fail")))
        });
        let unavailability = plan.availability.and_then(|limit| {
            let sequence = RateSequence::above(1.0 - limit.as_share())?;
            Some((
                sequence,
                format!("less than {limit} of the health probes are good"),
            ))
        });
        Self {
            errors,
            unavailability,
        }
    }

    pub(super) fn request(&mut self, sample: &Sample) {
        if let Some((sequence, _)) = &mut self.errors
            && sample.was_sent()
        {
            sequence.add(Counted::when(!sample.ok));
        }
    }

    pub(super) fn probe(&mut self, sample: &ProbeSample) {
        if let Some((sequence, _)) = &mut self.unavailability {
            sequence.add(Counted::when(sample.problem.is_some()));
        }
    }

    /// Begins the next second; returns why the run must be given up, if it must.
    pub(super) fn begin_second(&mut self) -> Option<String> {
        let mut conditions = [&mut self.errors, &mut self.unavailability];
        let count = conditions
            .iter()
            .filter(|condition| condition.is_some())
            .count();
        let wrong_at_most = WRONG_AT_MOST / count.max(1) as f64;
        for (sequence, why) in conditions.iter_mut().filter_map(|one| one.as_mut()) {
            if sequence.is_beyond(wrong_at_most) {
                return Some(why.clone());
            }
            sequence.begin_second();
        }
        None
    }
}
