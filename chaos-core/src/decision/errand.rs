//! What only an adapter can do to an operation, because it takes hold of something real.

use std::num::NonZeroU32;
use std::time::Duration;

use super::permit::Permit;
use crate::delay::{self, Delay};

/// What an experiment wants an adapter to do beside an operation, because it takes hold of something real.
///
/// It counts as an injection that is going on until it is dropped, and `halted()` waits for that: do what it says, give
/// it back as soon as [`ended`](Self::ended) says so, then drop it.
#[derive(Debug)]
#[must_use = "an errand does nothing by itself"]
pub struct Errand {
    tasks: Vec<Task>,
    permit: Permit,
}

/// One thing to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Task {
    /// Have the server sleep inside of the caller's session, before the operation.
    ServerSleep(Duration),
    /// Take this many connections of the pool, until the experiment ends.
    HoldConnections(NonZeroU32),
    /// Lock the database while the operation is going on.
    HoldLock,
}

impl Errand {
    pub(super) fn new(tasks: Vec<Task>, permit: Permit) -> Self {
        Self { tasks, permit }
    }

    /// What is to be done, in this order.
    #[must_use]
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The experiment that wants it.
    #[must_use]
    pub fn experiment(&self) -> &str {
        self.permit.running().name()
    }

    /// Waits until the experiment ends, at most for this long.
    ///
    /// A duration beyond the end of the clock, such as [`Duration::MAX`], leaves only the end.
    pub fn ended(&self, at_most: Duration) -> Delay {
        let running = self.permit.running();
        let time_left = running.time_left(delay::now());
        Delay::until_released(at_most.min(time_left), running.release().clone())
    }

    /// Whether the experiment has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let running = self.permit.running();
        !running.gate().is_open() || running.has_expired(delay::now())
    }
}
