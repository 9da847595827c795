//! Judges, each of which observes outcomes for a condition and aborts its experiment when the condition is met.

mod window;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use window::{Tally, Window};

use crate::condition::Criterion;
use crate::journal::excerpt;
use crate::outcome::Outcome;
use crate::outcome::Population;
use crate::running::Running;
use crate::site::SiteIdentity;
use crate::{Condition, Judged, Rate, SiteKind};

/// One condition of a running experiment, with the outcomes observed so far.
pub(crate) struct Judge {
    condition: Condition,
    running: Weak<Running>,
    check_every: Duration,
    observed: Mutex<Observed>,
}

struct Observed {
    window: Window,
    failures_in_a_row: u64,
    checked: Option<Instant>,
    probe_started: Option<Instant>,
}

impl Judge {
    pub(crate) fn new(condition: Condition, running: Weak<Running>, check_every: Duration) -> Self {
        Self {
            observed: Mutex::new(Observed {
                window: Window::over(condition.window()),
                failures_in_a_row: 0,
                checked: None,
                probe_started: None,
            }),
            condition,
            running,
            check_every,
        }
    }

    pub(crate) fn condition(&self) -> &Condition {
        &self.condition
    }

    /// Whether it judges the outcomes of a site.
    pub(crate) fn judges(&self, site: &SiteIdentity) -> bool {
        Self::condition_judges(&self.condition, site)
    }

    /// Whether a condition judges a site: one of the service that it names, or else any server site.
    pub(crate) fn condition_judges(condition: &Condition, site: &SiteIdentity) -> bool {
        condition.judges_outcomes()
            && match condition.site() {
                Some(service) => service == &**site.service(),
                None => site.kind() == SiteKind::Server,
            }
    }

    /// Records an outcome, and checks the condition if the interval has passed.
    ///
    /// This check uses the runtime's clock and so is exact in tests with paused time; the guardian checks in real time.
    pub(crate) fn record(
        &self,
        now: Instant,
        outcome: Outcome,
        took: Duration,
        population: Population,
    ) {
        let verdict = {
            let mut observed = self.observed();
            observed.window.record(now, outcome, took, population);
            if population.belongs_to(self.condition.judged()) {
                observed.failures_in_a_row = match outcome {
                    Outcome::Failure => observed.failures_in_a_row + 1,
                    Outcome::Success => 0,
                };
            }
            let due = matches!(
                self.condition.criterion(),
                Criterion::ConsecutiveFailures(_)
            ) || observed
                .checked
                .is_none_or(|checked| now.saturating_duration_since(checked) >= self.check_every);
            if due {
                self.verdict(&mut observed, now)
            } else {
                None
            }
        };
        self.abort_on(verdict);
    }

    /// Checks the condition now, without running user code.
    pub(crate) fn check(&self, now: Instant) {
        let verdict = self.verdict(&mut self.observed(), now);
        if let (Some(why), Some(running)) = (verdict, self.running.upgrade()) {
            running.abort_quietly(why);
        }
    }

    /// The interval and the deadline of a probe.
    pub(crate) fn probe_timing(&self) -> (Duration, Duration) {
        (
            self.condition.probe_interval(),
            self.condition.probe_deadline(),
        )
    }

    pub(crate) fn note_probe_started(&self, now: Instant) {
        self.observed().probe_started = Some(now);
    }

    pub(crate) fn note_probe_result(&self, answer: Result<(), String>) {
        self.observed().probe_started = None;
        if let Err(error) = answer {
            self.abort_on(Some(format!("{}: {}", self.condition, excerpt(&error))));
        }
    }

    /// Returns the reason to abort the experiment, if there is one; acting on it is left to callers without the lock.
    fn verdict(&self, observed: &mut Observed, now: Instant) -> Option<String> {
        observed.checked = Some(now);
        let found = match self.condition.criterion() {
            Criterion::ErrorRate(bound) => {
                let tally = self.sufficient_tally(observed, now)?;
                (tally.error_rate() > bound.as_share()).then(|| {
                    let treated = observed.window.tally(now, Judged::Treated);
                    let untreated = observed.window.tally(now, Judged::Untreated);
                    format!(
                        "{} ({} treated, {} untreated)",
                        describe(&tally),
                        describe(&treated),
                        describe(&untreated)
                    )
                })
            }
            Criterion::Latency { quantile, limit } => {
                let latency = self
                    .sufficient_tally(observed, now)?
                    .latency(quantile.as_share());
                (latency > *limit).then(|| format!("{latency:?}"))
            }
            Criterion::ConsecutiveFailures(bound) => (observed.failures_in_a_row
                >= u64::from(*bound))
            .then(|| format!("{} failures in a row", observed.failures_in_a_row)),
            Criterion::Probe(_) => {
                let deadline = self.condition.probe_deadline();
                observed
                    .probe_started
                    .is_some_and(|started| now.saturating_duration_since(started) > deadline)
                    .then(|| format!("no answer within {deadline:?}"))
            }
        };
        found.map(|found| format!("{}: {found}", self.condition))
    }

    /// Returns the outcomes to judge, if there are enough samples.
    fn sufficient_tally(&self, observed: &mut Observed, now: Instant) -> Option<Tally> {
        let tally = observed.window.tally(now, self.condition.judged());
        (tally.samples() >= u64::from(self.condition.least_samples())).then_some(tally)
    }

    fn abort_on(&self, verdict: Option<String>) {
        if let (Some(why), Some(running)) = (verdict, self.running.upgrade()) {
            running.abort(why);
        }
    }

    fn observed(&self) -> MutexGuard<'_, Observed> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe(tally: &Tally) -> String {
    match Rate::share(tally.error_rate()) {
        Ok(rate) => format!("{rate} of {}", tally.samples()),
        Err(_) => format!("{} of {}", tally.failed, tally.samples()),
    }
}
