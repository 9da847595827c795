//! The task that waits on an idle connection, which the start of an experiment wakes.

#[cfg(feature = "inject")]
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Waker};

use super::Site;
#[cfg(feature = "inject")]
use crate::contain::contain;

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

#[cfg(feature = "inject")]
#[derive(Debug, Default)]
struct Slot(Mutex<Option<Waker>>);

#[cfg(feature = "inject")]
impl Slot {
    fn set(&self, waker: &Waker) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_some_and(|set| set.will_wake(waker)) {
            return;
        }
        drop(slot);
        // Cloned and dropped under no lock: a waker is foreign code.
        let waker = waker.clone();
        slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = slot.replace(waker);
        drop(slot);
        drop(before);
    }

    fn get(&self) -> Option<Waker> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.clone()
    }

    fn take(&self) -> Option<Waker> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }
}

/// The tasks that wait on the idle connections of a site.
#[cfg(feature = "inject")]
#[derive(Debug, Default)]
pub(crate) struct IdleTasks(Mutex<Vec<Weak<Slot>>>);

#[cfg(feature = "inject")]
impl IdleTasks {
    fn register(&self) -> Arc<Slot> {
        let slot = Arc::new(Slot::default());
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Before it grows, so that closed connections cost a constant share.
        if slots.len() == slots.capacity() {
            slots.retain(|slot| slot.strong_count() > 0);
        }
        slots.push(Arc::downgrade(&slot));
        slot
    }

    /// Wakes them all. It runs foreign code, so it must be called under no lock.
    pub(crate) fn wake(&self) {
        let slots = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for slot in slots {
            let waker = slot.upgrade().and_then(|slot| slot.take());
            let _ = contain(|| waker.map(Waker::wake));
        }
    }
}
