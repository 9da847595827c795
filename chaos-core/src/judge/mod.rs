//! Judges: what watches outcomes while an experiment runs, and ends it when a condition is met.

mod probe;
mod window;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

pub(crate) use probe::Probe;
pub(crate) use window::Population;
use window::{Tally, Window};

use crate::running::Running;
use crate::site::SiteState;
use crate::{Condition, Criterion, Judged, Outcome, Rate, SiteKind};

/// One condition of one running experiment, with what it has seen.
pub(crate) struct Judge {
    condition: Condition,
    running: Weak<Running>,
    check_every: Duration,
    seen: Mutex<Seen>,
}

struct Seen {
    window: Window,
    failures_in_a_row: u64,
    looked: Option<Instant>,
    asked: Option<Instant>,
}

impl Judge {
    pub(crate) fn new(condition: Condition, running: Weak<Running>, check_every: Duration) -> Self {
        Self {
            seen: Mutex::new(Seen {
                window: Window::over(condition.window()),
                failures_in_a_row: 0,
                looked: None,
                asked: None,
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
    pub(crate) fn judges(&self, site: &SiteState) -> bool {
        Self::would_judge(&self.condition, site)
    }

    /// Whether a condition judges a site: those of the service it names, else every server.
    pub(crate) fn would_judge(condition: &Condition, site: &SiteState) -> bool {
        match (condition.criterion(), condition.site()) {
            (Criterion::Probe(_), _) => false,
            (_, Some(service)) => service == &**site.service(),
            (_, None) => site.kind() == SiteKind::Server,
        }
    }

    /// Takes an outcome, and looks at the condition as often as it should be.
    ///
    /// Looking here too, on the runtime's clock, keeps tests on paused time exact; the guardian looks in real time.
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
                .looked
                .is_none_or(|looked| now.saturating_duration_since(looked) >= self.check_every);
            if due {
                self.verdict(&mut seen, now)
            } else {
                None
            }
        };
        self.act_on(verdict);
    }

    /// Looks at the condition.
    pub(crate) fn look(&self, now: Instant) {
        let verdict = self.verdict(&mut self.seen(), now);
        self.act_on(verdict);
    }

    /// How often a probe is asked, and how long it may take.
    pub(crate) fn rhythm(&self) -> (Duration, Duration) {
        (
            self.condition.probe_interval(),
            self.condition.probe_deadline(),
        )
    }

    pub(crate) fn asked(&self, now: Instant) {
        self.seen().asked = Some(now);
    }

    pub(crate) fn answered(&self, answer: Result<(), String>) {
        self.seen().asked = None;
        if let Err(error) = answer {
            self.act_on(Some(format!("{}: {error}", self.condition)));
        }
    }

    /// Says why the experiment must end, if it must; acts on nothing, as the lock is held.
    fn verdict(&self, seen: &mut Seen, now: Instant) -> Option<String> {
        seen.looked = Some(now);
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
                seen.asked
                    .is_some_and(|asked| now.saturating_duration_since(asked) > deadline)
                    .then(|| format!("no answer within {deadline:?}"))
            }
        };
        found.map(|found| format!("{}: {found}", self.condition))
    }

    /// What there is to judge, if there is enough of it.
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
