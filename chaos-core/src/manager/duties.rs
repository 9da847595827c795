//! The guardian's duties for the experiments of a manager.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::halt_file::ObeysHaltFile;
use super::inner::Inner;
use super::start_policy::HaltSource;
use crate::guardian::{Duty, Next};
use crate::judge::Judge;
use crate::running::Running;
use crate::{Actor, Attribution, EndReason};

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

    #[test]
    fn conditions_are_checked_at_their_interval() {
        let every = Duration::from_millis(250);
        let judges = Box::default();
        let now = Instant::now();
        let checks = CheckConditions { judges, every };
        assert_eq!(checks.perform(now), Next::At(now + every));
    }
}
