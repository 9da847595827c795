//! Work that only an adapter can do for a fault, because it holds a real resource.

use std::time::Duration;

use super::WorkItem;
use crate::delay::{self, Delay};
use crate::running::Permit;

/// Work that an experiment asks an adapter to do alongside an operation, because it holds a real resource.
///
/// It counts as an injection in progress until it is dropped, and `halted()` waits for that. An adapter does the work,
/// gives everything back as soon as [`ended`](Self::ended) returns, then drops this.
#[derive(Debug)]
#[must_use = "the work is not done by itself"]
pub struct AdapterWork {
    items: Vec<WorkItem>,
    permit: Permit,
}

impl AdapterWork {
    pub(super) fn new(items: Vec<WorkItem>, permit: Permit) -> Self {
        Self { items, permit }
    }

    /// The pieces of work, in order.
    #[must_use]
    pub fn items(&self) -> &[WorkItem] {
        &self.items
    }

    /// The experiment that asks for it.
    #[must_use]
    pub fn experiment(&self) -> &str {
        &self.permit.running().name
    }

    /// Waits until the experiment ends, at most for this long.
    ///
    /// A duration beyond the end of the clock, such as [`Duration::MAX`], waits for the end alone.
    pub fn ended(&self, at_most: Duration) -> Delay {
        let running = self.permit.running();
        let time_left = running.time_left(delay::now());
        Delay::until_released(at_most.min(time_left), running.release.clone())
    }

    /// Reports that everything is held that a piece of work asks for, which the experiment's guard may wait for.
    pub fn report_held(&self) {
        self.permit.running().note_held();
    }

    /// Whether the experiment has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let running = self.permit.running();
        !running.is_open() || running.has_expired(delay::now())
    }
}
