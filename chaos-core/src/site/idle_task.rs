//! The task that waits on an idle connection, which the start of an experiment wakes.

#[cfg(feature = "inject")]
use std::sync::Arc;
use std::task::{Context, Waker};

use super::Site;
#[cfg(feature = "inject")]
use super::idle_tasks::Slot;

/// The task that waits on an idle connection.
///
/// A site wakes it when an experiment starts there: nothing else would, as long as no bytes arrive.
#[derive(Debug, Default)]
pub struct IdleTask {
    #[cfg(feature = "inject")]
    slot: Option<Arc<Slot>>,
}

#[cfg(feature = "inject")]
impl IdleTask {
    /// Sets the task to wake; the first time, it also registers the connection at its site.
    pub fn set(&mut self, site: &Site, cx: &Context<'_>) {
        self.slot
            .get_or_insert_with(|| site.state().idle_tasks().register())
            .set(cx.waker());
    }

    /// Returns the waker of the task that was set last.
    #[must_use]
    pub fn waker(&self) -> Option<Waker> {
        self.slot.as_ref().and_then(|slot| slot.get())
    }
}

#[cfg(not(feature = "inject"))]
#[allow(missing_docs, reason = "documented where injection is compiled in")]
#[allow(clippy::must_use_candidate, clippy::unused_self)]
impl IdleTask {
    #[inline(always)]
    pub fn set(&mut self, _site: &Site, _cx: &Context<'_>) {}

    #[inline(always)]
    pub fn waker(&self) -> Option<Waker> {
        None
    }
}
