//! Judges: each observes outcomes for one condition, and ends its experiment when the condition is met.

mod window;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use window::{Tally, Window};

use crate::condition::Criterion;
use crate::outcome::Outcome;
use crate::outcome::Population;
use crate::running::Running;
use crate::site::SiteIdentity;
use crate::{Condition, Judged, Rate, SiteKind};

/// One condition of one running experiment, with the outcomes seen so far.
pub(crate) struct Judge {
    condition: Condition,
    running: Weak<Running>,
    check_every: Duration,
    seen: Mutex<Seen>,
}

struct Seen {
    window: Window,
    failures_in_a_row: u64,
    checked: Option<Instant>,
    probe_started: Option<Instant>,
}

impl Judge {
    pub(crate) fn new(condition: Condition, running: Weak<Running>, check_every: Duration) -> Self {
        Self {
            seen: Mutex::new(Seen {
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

    /// Whether it judges what happens at a site.
    pub(crate) fn judges(&self, site: &SiteIdentity) -> bool {
        Self::would_judge(&self.condition, site)
    }

    /// Whether a condition judges a site: those of the service it names, else every server.
    pub(crate) fn would_judge(condition: &Condition, site: &SiteIdentity) -> bool {
        match (condition.criterion(), condition.site()) {
            (Criterion::Probe(_), _) => false,
            (_, Some(service)) => service == &**site.service(),
            (_, None) => site.kind() == SiteKind::Server,
        }
    }

    /// Takes an outcome, and checks the condition when the interval has passed.
    ///
    /// The check on the runtime's clock keeps tests on paused time exact; the guardian checks in real time.
    pub(crate) fn record(
        &self,
        now: Instant,
        outcome: Outcome,
        took: Duration,
        population: Population,
    ) {
        let verdict = {
            let mut seen = self.seen();
            seen.window.record(now, outcome, took, population);
            if population.belongs_to(self.condition.judged()) {
                seen.failures_in_a_row = match outcome {
                    Outcome::Failure => seen.failures_in_a_row + 1,
                    Outcome::Success => 0,
                };
            }
            let due = matches!(
                self.condition.criterion(),
                Criterion::ConsecutiveFailures(_)
            ) || seen
                .checked
                .is_none_or(|checked| now.saturating_duration_since(checked) >= self.check_every);
            if due {
                self.verdict(&mut seen, now)
            } else {
                None
            }
        };
        self.act_on(verdict);
    }

    /// Checks the condition now.
    pub(crate) fn check(&self, now: Instant) {
        let verdict = self.verdict(&mut self.seen(), now);
        self.act_on(verdict);
    }

    /// The interval of a probe, and its deadline.
    pub(crate) fn probe_timing(&self) -> (Duration, Duration) {
        (
            self.condition.probe_interval(),
            self.condition.probe_deadline(),
        )
    }

    pub(crate) fn note_probe_started(&self, now: Instant) {
        self.seen().probe_started = Some(now);
    }

    pub(crate) fn note_probe_result(&self, answer: Result<(), String>) {
        self.seen().probe_started = None;
        if let Err(error) = answer {
            self.act_on(Some(format!("{}: {error}", self.condition)));
        }
    }

    /// Returns why the experiment must end, if it must; it has no effect, as the lock is held.
    fn verdict(&self, seen: &mut Seen, now: Instant) -> Option<String> {
        seen.checked = Some(now);
        let found = match self.condition.criterion() {
            Criterion::ErrorRate(bound) => {
                let tally = self.enough(seen, now)?;
                (tally.error_rate() > bound.as_share()).then(|| {
                    let treated = seen.window.tally(now, Judged::Treated);
                    let untreated = seen.window.tally(now, Judged::Untreated);
                    format!(
                        "{} ({} treated, {} untreated)",
                        describe(&tally),
                        describe(&treated),
                        describe(&untreated)
                    )
                })
            }
            Criterion::Latency { quantile, limit } => {
                let latency = self.enough(seen, now)?.latency(quantile.as_share());
                (latency > *limit).then(|| format!("{latency:?}"))
            }
            Criterion::ConsecutiveFailures(bound) => (seen.failures_in_a_row >= u64::from(*bound))
                .then(|| format!("{} failures in a row", seen.failures_in_a_row)),
            Criterion::Probe(_) => {
                let deadline = self.condition.probe_deadline();
                seen.probe_started
                    .is_some_and(|started| now.saturating_duration_since(started) > deadline)
                    .then(|| format!("no answer within {deadline:?}"))
            }
        };
        found.map(|found| format!("{}: {found}", self.condition))
    }

    /// The outcomes to judge, if there are enough of them.
    fn enough(&self, seen: &mut Seen, now: Instant) -> Option<Tally> {
        let tally = seen.window.tally(now, self.condition.judged());
        (tally.samples() >= u64::from(self.condition.least_samples())).then_some(tally)
    }

    fn act_on(&self, verdict: Option<String>) {
        if let (Some(why), Some(running)) = (verdict, self.running.upgrade()) {
            running.abort(why);
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe(tally: &Tally) -> String {
    match Rate::share(tally.error_rate()) {
        Ok(rate) => format!("{rate} of {}", tally.samples()),
        Err(_) => format!("{} of {}", tally.failed, tally.samples()),
    }
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge")
            .field("condition", &self.condition)
            .finish_non_exhaustive()
    }
}
