//! The tasks that wait on the idle connections of a site.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Waker;

use crate::contain::contain;

/// The waker of the task that waits on one connection.
#[derive(Debug, Default)]
pub(super) struct Slot(Mutex<Option<Waker>>);

impl Slot {
    pub(super) fn set(&self, waker: &Waker) {
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

    pub(super) fn get(&self) -> Option<Waker> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.clone()
    }

    fn take(&self) -> Option<Waker> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }
}

/// The tasks that wait on the idle connections of a site.
#[derive(Debug, Default)]
pub(crate) struct IdleTasks(Mutex<Vec<Weak<Slot>>>);

impl IdleTasks {
    pub(super) fn register(&self) -> Arc<Slot> {
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
