//! The indicators, each defined in one place.

use std::time::Duration;

use super::latency;
use super::steadiness::Seconds;
use super::timeline::{Timeline, failed_probes, failed_requests, outcomes, requests, untouched};
use crate::Verdict;
use crate::record::Line;
use crate::report::{Finding, Indicator};
use crate::scenario::{Objectives, Stage};
use crate::statistics::{Estimate, Judgement, Proportion, requests_that_decide};

/// What a run is judged by.
pub(super) struct Measured<'a> {
    pub(super) lines: &'a [Line],
    pub(super) timeline: &'a Timeline,
    pub(super) limits: &'a Objectives,
}

impl Measured<'_> {
    pub(super) fn findings(&self, seconds: &Seconds) -> Vec<Finding> {
        vec![
            self.error_rate(),
            self.availability(),
            self.latency_degradation(),
            self.mttr(seconds),
            self.recovery(seconds),
        ]
    }

    /// Failed requests / sent requests, during the fault.
    fn error_rate(&self) -> Finding {
        let span = self.timeline.span(Stage::Inject).unwrap_or_default();
        let failed = failed_requests(self.lines, span);
        let limit = self.limits.error_rate.as_share();
        share_at_most(Indicator::ErrorRate, failed, limit, "requests")
    }

    /// Good health probes / all, from the start of the fault on.
    fn availability(&self) -> Finding {
        let span = self.timeline.from(Stage::Inject).unwrap_or_default();
        let failed = failed_probes(self.lines, span);
        let limit = 1.0 - self.limits.availability.as_share();
        let unavailable = share_at_most(Indicator::Availability, failed, limit, "health probes");
        Finding {
            limit: 1.0 - unavailable.limit,
            measured: failed.complement().estimate(),
            ..unavailable
        }
    }

    /// The 95th percentile during the fault, less that of the baseline.
    fn latency_degradation(&self) -> Finding {
        let of = |stage| self.timeline.span(stage).unwrap_or_default();
        let during = requests(self.lines, of(Stage::Inject));
        let before = untouched(self.lines, self.timeline, of(Stage::Baseline));
        let limit = self.limits.latency_degradation.0.as_secs_f64();
        let measured = latency::difference(during, before);
        let verdict = match measured.map(|measured| measured.judge_at_most(limit)) {
            None if outcomes(self.lines, of(Stage::Inject)).next().is_some() => {
                Verdict::not_applicable("the target counts its own requests and does not time each")
            }
            None => {
                Verdict::inconclusive("there were no requests in the baseline or during the fault")
            }
            Some(Judgement::Within) => Verdict::Met,
            Some(Judgement::Beyond) => Verdict::Violated,
            Some(Judgement::Undecided) => Verdict::inconclusive(
                "too few requests to bound the difference on one side of the limit",
            ),
        };
        Finding::new(Indicator::LatencyDegradation, limit, measured, verdict)
    }

    /// The first failed second → the first of five steady ones.
    fn mttr(&self, seconds: &Seconds) -> Finding {
        let limit = self.limits.mttr.0;
        match seconds.first_failed() {
            None => not_applicable(Indicator::Mttr, limit, "no second failed"),
            Some(failed) => self.time_until_steady(Indicator::Mttr, limit, seconds, failed),
        }
    }

    /// The end of the fault → the first of five steady seconds.
    fn recovery(&self, seconds: &Seconds) -> Finding {
        let limit = self.limits.recovery.0;
        if seconds.first_failed().is_none() {
            return not_applicable(Indicator::Recovery, limit, "no second failed");
        }
        match self.timeline.span(Stage::Recover) {
            None => not_applicable(
                Indicator::Recovery,
                limit,
                "the record ends before the fault does",
            ),
            Some(span) => self.time_until_steady(Indicator::Recovery, limit, seconds, span.start),
        }
    }

    /// The seconds from the start of the fault on.
    pub(super) fn seconds(&self) -> Seconds {
        let span = self.timeline.from(Stage::Inject).unwrap_or_default();
        Seconds::of(self.lines, &span, self.limits.steady_error_rate.as_share())
    }

    /// A time that is measured in whole seconds.
    fn time_until_steady(
        &self,
        indicator: Indicator,
        limit: Duration,
        seconds: &Seconds,
        from: Duration,
    ) -> Finding {
        let limit = limit.as_secs_f64();
        let Some(steady) = seconds.steady_from(from) else {
            let span = self.timeline.from(Stage::Inject).unwrap_or_default();
            let waited = span.end.saturating_sub(from).as_secs_f64();
            let verdict = if waited > limit {
                Verdict::Violated
            } else {
                Verdict::inconclusive("the run ended before the target was steady")
            };
            return Finding::new(indicator, limit, None, verdict);
        };
        let took = (steady - from).as_secs_f64();
        let measured = Estimate {
            value: took,
            lower: (took - 1.0).max(0.0),
            upper: took,
        };
        let verdict = Verdict::of_time(&measured, limit);
        Finding::new(indicator, limit, Some(measured), verdict)
    }
}

fn share_at_most(indicator: Indicator, failed: Proportion, limit: f64, of_what: &str) -> Finding {
    let measured = failed.estimate();
    let verdict = match measured.map(|measured| measured.judge_at_most(limit)) {
        None => Verdict::inconclusive(format!("there were no {of_what}")),
        Some(Judgement::Within) => Verdict::Met,
        Some(Judgement::Beyond) => Verdict::Violated,
        Some(Judgement::Undecided) => Verdict::Inconclusive {
            why: format!("{} {of_what} are too few to decide", failed.of()),
            needed: requests_that_decide(failed, limit),
        },
    };
    Finding::new(indicator, limit, measured, verdict)
}

fn not_applicable(indicator: Indicator, limit: Duration, why: &str) -> Finding {
    let verdict = Verdict::not_applicable(why);
    Finding::new(indicator, limit.as_secs_f64(), None, verdict)
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Binomial, Discrete};

    use super::*;
    use crate::statistics::requests_to_plan;

    const LIMIT: f64 = 0.05;

    /// The exact probabilities that a run with this true rate is met and violated.
    fn probabilities(truth: f64, requests: u64) -> (f64, f64) {
        let failures = Binomial::new(truth, requests).unwrap();
        let of = |expected: Verdict| -> f64 {
            let counts = (0..=requests).filter(|failed| {
                let failed = Proportion::new(*failed, requests).unwrap();
                share_at_most(Indicator::ErrorRate, failed, LIMIT, "requests").verdict == expected
            });
            counts.map(|failed| failures.pmf(failed)).sum()
        };
        (of(Verdict::Met), of(Verdict::Violated))
    }

    #[test]
    fn at_most_one_verdict_in_twenty_is_wrong() {
        for requests in (1..10).chain((10..300).step_by(13)) {
            for truth in [0.025, 0.045, 0.05] {
                let (_, violated) = probabilities(truth, requests);
                assert!(violated <= 0.05, "{violated} of {requests} at {truth}");
            }
            for truth in [LIMIT + 1e-9, 0.055, 0.1] {
                let (met, _) = probabilities(truth, requests);
                assert!(met <= 0.05, "{met} of {requests} at {truth}");
            }
        }
    }

    #[test]
    fn with_the_planned_requests_nine_of_ten_runs_reach_the_right_verdict() {
        let planned = requests_to_plan(LIMIT).unwrap();
        let (met, _) = probabilities(LIMIT / 2.0, planned);
        let (_, violated) = probabilities(LIMIT * 2.0, planned);
        assert!(met >= 0.9 && violated >= 0.9, "{met}, {violated}");
    }
}
