//! The guardian's duties for the experiments of a manager.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::halt_file::ObeysHaltFile;
use super::inner::Inner;
use super::start_policy::HaltSource;
use crate::guardian::{Duty, Next};
use crate::journal::Event;
use crate::judge::Judge;
use crate::running::Running;
use crate::{Actor, Attribution, EndReason, delay};

/// Ends an experiment when its time limit passes.
pub(super) struct TimeLimit {
    pub(super) running: Arc<Running>,
    pub(super) manager: Weak<Inner>,
}

impl Duty for TimeLimit {
    fn perform(&self, _now: Instant) -> Next {
        self.running.stop(EndReason::TimeLimit);
        Next::Never
    }

    fn tidy(&self) {
        sweep(&self.manager);
    }

    fn give_up(&self, why: &str) {
        match self.manager.upgrade() {
            Some(manager) => {
                let why = Attribution::new(Actor::Guardian, Some(why.to_owned()));
                manager.halt_quietly(why, HaltSource::Call);
                manager.let_go();
            }
            None => drop(self.running.stop(EndReason::ManagerDropped)),
        }
    }
}

/// Ends an experiment when its lease is not renewed in time.
pub(super) struct LeaseEnd {
    pub(super) running: Arc<Running>,
    pub(super) manager: Weak<Inner>,
}

impl Duty for LeaseEnd {
    fn perform(&self, now: Instant) -> Next {
        let left = self.running.lease().map(|lease| lease.time_left(now));
        match left {
            Some(left) if !left.is_zero() => now.checked_add(left).map_or(Next::Never, Next::At),
            _ => {
                self.running.stop(EndReason::LeaseRanOut);
                Next::Never
            }
        }
    }

    fn tidy(&self) {
        sweep(&self.manager);
    }
}

/// Journals again and again that an experiment runs in production, for those who are on call.
pub(super) struct RemindOfProduction(pub(super) Arc<Running>);

impl RemindOfProduction {
    pub(super) const EVERY: Duration = Duration::from_secs(60);
}

impl Duty for RemindOfProduction {
    fn perform(&self, now: Instant) -> Next {
        let running = &self.0;
        if running.end_reason().is_some() {
            return Next::Never;
        }
        running.journal.record(Event::StillRunning {
            experiment: running.name.to_string(),
            injected: running.gate.injected(),
            time_left: running.time_left(delay::now()),
        });
        now.checked_add(Self::EVERY).map_or(Next::Never, Next::At)
    }
}

/// Checks the conditions of an experiment at an interval.
pub(super) struct CheckConditions {
    pub(super) judges: Box<[Arc<Judge>]>,
    pub(super) every: Duration,
}

impl Duty for CheckConditions {
    fn perform(&self, now: Instant) -> Next {
        for judge in &self.judges {
            judge.check(now);
        }
        Next::At(now + self.every)
    }
}

/// Tidies up after experiments that ended on a thread that must not wait.
pub(super) struct Sweep(pub(super) Weak<Inner>);

impl Duty for Sweep {
    fn perform(&self, _now: Instant) -> Next {
        Next::Never
    }

    fn tidy(&self) {
        sweep(&self.0);
    }
}

fn sweep(manager: &Weak<Inner>) {
    if let Some(manager) = manager.upgrade() {
        manager.sweep_and_let_go();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BlastRadius, ChaosManager, Consent, Environment, Experiment, Failure, Fault};

    #[test]
    fn an_experiment_in_production_is_journalled_each_minute_until_it_ends() {
        let chaos = ChaosManager::builder()
            .environment(Environment::Production)
            .build();
        let failing = Experiment::new("a")
            .fault(Fault::error(Failure::Refused))
            .blast_radius(BlastRadius::points_at("pms"))
            .consent_to_production(Consent::by("anna").unwrap());
        let guard = chaos.start(failing).unwrap();
        let running = chaos
            .0
            .table()
            .running
            .get("a")
            .map(|active| Arc::clone(&active.running));
        let reminder = RemindOfProduction(running.unwrap());
        let now = Instant::now();
        let again = Next::At(now + RemindOfProduction::EVERY);
        assert_eq!(reminder.perform(now), again);
        let last = chaos.journal().pop().unwrap().event;
        assert!(
            matches!(last, Event::StillRunning { injected: 0, .. }),
            "{last:?}"
        );
        drop(guard);
        assert_eq!(reminder.perform(now), Next::Never);
    }

    #[test]
    fn conditions_are_checked_at_their_interval() {
        let every = Duration::from_millis(250);
        let judges = Box::default();
        let now = Instant::now();
        let checks = CheckConditions { judges, every };
        assert_eq!(checks.perform(now), Next::At(now + every));
    }
}
