//! What the operations of one manager count for themselves.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use chaos_core::Scope;

use crate::count::{INJECTED, OVER_CONCURRENT, OVER_TOTAL};

/// The caps of the experiments of one manager, and the faults that its operations saw.
#[derive(Default)]
pub(crate) struct Ledger {
    tallies: RwLock<HashMap<String, Arc<Tally>>>,
    is_over: AtomicBool,
    is_closed: AtomicBool,
    /// The number of operations that began once nothing may strike any more.
    begun_late: AtomicU64,
}

/// One experiment: its caps, and what its operations counted.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) total: u64,
    pub(crate) concurrent: u64,
    injected: AtomicU64,
    held: AtomicU64,
}

impl Tally {
    pub(crate) fn capped(total: u64, concurrent: u64) -> Self {
        Self {
            total,
            concurrent,
            injected: AtomicU64::new(0),
            held: AtomicU64::new(0),
        }
    }
}

/// An operation that is held by a fault of an experiment.
pub(crate) struct Held(Arc<Tally>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Ledger {
    /// Adds an experiment before its start, as it may strike before the start returns.
    pub(crate) fn expect(&self, name: String, tally: Tally) {
        let mut tallies = self.tallies.write().unwrap_or_else(PoisonError::into_inner);
        tallies.insert(name, Arc::new(tally));
    }

    fn tally(&self, name: &str) -> Option<Arc<Tally>> {
        let tallies = self.tallies.read().unwrap_or_else(PoisonError::into_inner);
        tallies.get(name).cloned()
    }

    /// Counts an operation that waits as held by the fault that struck it last.
    pub(crate) fn hold(&self, scope: &Scope) -> Option<Held> {
        let touch = scope.touched().pop()?;
        let tally = self.tally(&touch.experiment)?;
        if tally.held.fetch_add(1, Ordering::AcqRel) >= tally.concurrent {
            OVER_CONCURRENT.add(1);
        }
        Some(Held(tally))
    }

    /// Counts the faults of an operation that is done.
    pub(crate) fn settle(&self, scope: &Scope) {
        for touch in scope.touched() {
            INJECTED.add(1);
            if let Some(tally) = self.tally(&touch.experiment)
                && tally.injected.fetch_add(1, Ordering::AcqRel) >= tally.total
            {
                OVER_TOTAL.add(1);
            }
        }
    }

    /// Nothing may strike an operation that begins after this.
    pub(crate) fn set_over(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    /// Whether nothing may strike an operation that begins now.
    pub(crate) fn begins_late(&self) -> bool {
        let late = self.is_over.load(Ordering::Acquire);
        self.begun_late
            .fetch_add(u64::from(late), Ordering::Relaxed);
        late
    }

    pub(crate) fn begun_late(&self) -> u64 {
        self.begun_late.load(Ordering::Relaxed)
    }

    /// Ends the threads that run operations.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }
}
