//! What one experiment does to one operation.

use std::time::Duration;

use super::errand::Task;
use crate::{Crash, Disconnect, Failure, FaultKind, SiteKind};

/// What one experiment does to one operation: waits, then perhaps ends it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Treatment {
    pub(crate) delay: Duration,
    pub(crate) finish: Option<Finish>,
    /// What only the adapter can do, unless the operation ends.
    pub(crate) tasks: Vec<Task>,
    /// The first fault that had something to do.
    pub(crate) fault: Option<FaultKind>,
}

/// How a treated operation ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Finish {
    Fail {
        failure: Failure,
        retry_after: Option<Duration>,
    },
    Panic,
    Crash(Crash),
}

impl Treatment {
    pub(crate) const NOTHING: Self = Self {
        delay: Duration::ZERO,
        finish: None,
        tasks: Vec::new(),
        fault: None,
    };

    pub(crate) fn is_nothing(&self) -> bool {
        self.delay.is_zero() && self.finish.is_none() && self.tasks.is_empty()
    }

    /// Makes the treatment wait longer.
    pub(crate) fn wait(&mut self, delay: Duration) {
        self.delay = self.delay.saturating_add(delay);
    }

    /// Breaks the connection that the operation uses, as far as there is one to break already.
    pub(crate) fn disconnect(&mut self, disconnect: Disconnect, site: SiteKind) {
        match disconnect {
            Disconnect::Reset => self.fail(Failure::Reset),
            Disconnect::Stall => self.wait(Duration::MAX),
            // A stream that is being opened has no bytes yet; they are its flows' business.
            _ if site == SiteKind::Stream => {}
            Disconnect::ResetAfter(_) => self.fail(Failure::Reset),
            Disconnect::CutAfter(_) | Disconnect::HalfClose => self.fail(Failure::Closed),
        }
    }

    pub(crate) fn fail(&mut self, failure: Failure) {
        self.finish = Some(Finish::Fail {
            failure,
            retry_after: None,
        });
    }
}

impl Finish {
    /// A word for it, as journals print it.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Fail { failure, .. } => failure.to_string(),
            Self::Panic => "panic".to_owned(),
            Self::Crash(_) => "crash".to_owned(),
        }
    }
}
