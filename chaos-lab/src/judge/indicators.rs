//! The indicators, each defined in one place.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;

use super::latency;
use super::recorded::Recorded;
use crate::Verdict;
use crate::report::{Finding, Indicator};
use crate::scenario::Stage;
use crate::statistics::{Estimate, Judgement, Proportion, requests_that_decide};

impl Recorded<'_> {
    pub(super) fn indicators(&self) -> Vec<Finding> {
        vec![
            self.error_rate(),
            self.availability(),
            self.latency_degradation(),
            self.mttr(),
            self.time_to_recover(),
        ]
    }

    /// Failed requests / sent requests, during the fault.
    fn error_rate(&self) -> Finding {
        let failed = self.failed_requests(self.span(Stage::Inject));
        let limit = self.limits.error_rate.as_share();
        share_at_most(Indicator::ErrorRate, failed, limit, "requests")
    }

    /// Good health probes / all, from the start of the fault on.
    fn availability(&self) -> Finding {
        let failed = self.failed_probes(self.from(Stage::Inject));
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
        let limit = self.limits.latency_degradation.0.as_secs_f64();
        let measured = self.degradation();
        let are_untimed = self.outcomes(self.span(Stage::Inject)).next().is_some();
        let undecided = "too few requests to bound the difference on one side of the limit";
        let verdict = match &measured {
            Some(measured) => Verdict::of_at_most(limit, measured, undecided),
            None if are_untimed => {
                Verdict::not_applicable("the target counts its own requests and does not time each")
            }
            None => {
                Verdict::inconclusive("there were no requests in the baseline or during the fault")
            }
        };
        Finding::new(Indicator::LatencyDegradation, limit, measured, verdict)
    }

    pub(super) fn degradation(&self) -> Option<Estimate> {
        let during = self.requests(self.span(Stage::Inject));
        latency::difference(during, self.untouched(self.span(Stage::Baseline)))
    }

    /// The first failed second → the first of five steady ones.
    fn mttr(&self) -> Finding {
        let from = self.seconds.first_failed().ok_or("no second failed");
        self.time_until_steady(Indicator::Mttr, self.limits.mttr, from)
    }

    /// The end of the fault → the first of five steady seconds.
    fn time_to_recover(&self) -> Finding {
        let from = match self.seconds.first_failed() {
            None => Err("no second failed"),
            Some(_) => self
                .start(Stage::Recover)
                .ok_or("the record ends before the fault does"),
        };
        self.time_until_steady(Indicator::Recovery, self.limits.recovery, from)
    }

    /// A time that is measured in whole seconds, or why there is none.
    fn time_until_steady(
        &self,
        indicator: Indicator,
        HumanDuration(limit): HumanDuration,
        from: Result<Duration, &str>,
    ) -> Finding {
        let took = |from| Some((self.seconds.steady_from(from)? - from).as_secs_f64());
        let measured = from.ok().and_then(took);
        let measured = measured.map(|took| Estimate::new(took, (took - 1.0).max(0.0), took));
        let waited = |from| self.from(Stage::Inject).end.saturating_sub(from);
        let verdict = match (from, &measured) {
            (Err(why), _) => Verdict::not_applicable(why),
            (_, Some(measured)) => Verdict::of_time(limit.as_secs_f64(), measured),
            (Ok(from), None) if waited(from) > limit => Verdict::Violated,
            _ => Verdict::inconclusive("the run ended before the target was steady"),
        };
        Finding::new(indicator, limit.as_secs_f64(), measured, verdict)
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
