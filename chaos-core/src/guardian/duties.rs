//! What the guardian does.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::{Duty, Next};
use crate::EndReason;
use crate::manager::Inner;
use crate::running::Running;

/// Ends an experiment when its time limit passes.
pub(crate) struct Limit {
    pub(crate) running: Arc<Running>,
    pub(crate) manager: Weak<Inner>,
}

impl Duty for Limit {
    fn perform(&self, _now: Instant) -> Next {
        self.running.close(EndReason::TimeLimit);
        Next::Never
    }

    fn tidy(&self) {
        sweep(&self.manager);
    }
}

/// Looks at the conditions of an experiment.
pub(crate) struct Judging {
    pub(crate) running: Arc<Running>,
    pub(crate) every: Duration,
}

impl Duty for Judging {
    fn perform(&self, now: Instant) -> Next {
        for judge in self.running.judges() {
            judge.look(now);
        }
        Next::At(now + self.every)
    }
}

/// Halts a manager while a file exists.
pub(crate) struct HaltFile {
    pub(crate) path: PathBuf,
    pub(crate) manager: Weak<Inner>,
}

impl HaltFile {
    /// How often the file is looked for; asking whether it exists needs no descriptor.
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

/// Tidies up after experiments that ended where there was no time for it.
pub(crate) struct Sweep(pub(crate) Weak<Inner>);

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
