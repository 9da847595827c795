//! The guardian's duties for a manager.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::inner::Inner;
use crate::EndReason;
use crate::guardian::{Duty, Next};
use crate::judge::Judge;
use crate::running::Running;

/// Ends an experiment when its time limit passes.
pub(super) struct TimeLimit {
    pub(super) running: Arc<Running>,
    pub(super) manager: Weak<Inner>,
}

impl Duty for TimeLimit {
    fn perform(&self, _now: Instant) -> Next {
        self.running.finish(EndReason::TimeLimit);
        Next::Never
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

/// Halts a manager once a file exists.
pub(super) struct HaltFile {
    pub(super) path: PathBuf,
    pub(super) manager: Weak<Inner>,
}

impl HaltFile {
    /// Polling interval; a check for existence needs no descriptor.
    const EVERY: Duration = Duration::from_millis(50);
}

impl Duty for HaltFile {
    fn perform(&self, now: Instant) -> Next {
        let Some(manager) = self.manager.upgrade() else {
            return Next::Never;
        };
        manager.halt_if_file_exists(&self.path);
        Next::At(now + Self::EVERY)
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
        manager.sweep();
    }
}
