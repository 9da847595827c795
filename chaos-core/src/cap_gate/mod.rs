//! The gate of an experiment, which admits operations.
//!
//! One atomic word holds whether the gate is open, how many operations are inside and how many have entered in total,
//! so that no operation enters between a check of one and a change of another.

#[cfg(all(test, chaos_loom))]
mod models;
#[cfg(all(test, not(chaos_loom)))]
mod tests;

#[cfg(chaos_loom)]
use loom::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(not(chaos_loom))]
use std::sync::atomic::{AtomicU64, Ordering, fence};

const ON: u64 = 1;
const ONE_INSIDE: u64 = 1 << 1;
const ONE_INJECTED: u64 = 1 << 24;
const MOST_INSIDE: u64 = (ONE_INJECTED >> 1) - 1;
const MOST_INJECTED: u64 = u64::MAX / ONE_INJECTED;

/// The caps on the operations of an experiment, in total and at the same time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caps {
    total: u64,
    concurrent: u64,
}

impl Caps {
    pub(crate) fn new(total: Option<u64>, concurrent: Option<u32>) -> Self {
        Self {
            total: total.unwrap_or(u64::MAX).min(MOST_INJECTED),
            concurrent: concurrent.map_or(MOST_INSIDE, u64::from).min(MOST_INSIDE),
        }
    }
}

/// The reason why the gate does not admit an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAdmitted {
    /// The experiment has ended.
    Ended,
    /// Its total cap is used up.
    Total,
    /// Its concurrent cap is reached.
    Concurrent,
}

/// The gate of an experiment: open while the experiment runs, then closed for good.
#[derive(Debug)]
pub(crate) struct Gate {
    word: AtomicU64,
    /// The number of operations inside that may never leave, such as idle connections.
    idle: AtomicU64,
    caps: Caps,
}

impl Gate {
    pub(crate) fn open(caps: Caps) -> Self {
        Self {
            word: AtomicU64::new(ON),
            idle: AtomicU64::new(0),
            caps,
        }
    }

    /// Admits one operation, which must leave later, or returns the reason why not.
    pub(crate) fn enter(&self) -> Result<(), NotAdmitted> {
        self.add(ONE_INSIDE + ONE_INJECTED, |word| self.admits(word))
    }

    /// Like [`enter`](Self::enter), for an operation that has entered before and counts in total already.
    pub(crate) fn enter_again(&self) -> Result<(), NotAdmitted> {
        self.add(ONE_INSIDE, |word| match self.admits(word) {
            Err(NotAdmitted::Total) if inside(word) < self.caps.concurrent => Ok(()),
            Err(NotAdmitted::Total) => Err(NotAdmitted::Concurrent),
            admitted => admitted,
        })
    }

    fn add(
        &self,
        more: u64,
        admit: impl Fn(u64) -> Result<(), NotAdmitted>,
    ) -> Result<(), NotAdmitted> {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            admit(word)?;
            match self.word.compare_exchange_weak(
                word,
                word + more,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// Returns what `enter` would return now, without admitting an operation.
    pub(crate) fn would_admit(&self) -> Result<(), NotAdmitted> {
        self.admits(self.word.load(Ordering::Relaxed))
    }

    /// Leaves, and returns whether a closed gate is empty now.
    pub(crate) fn leave(&self) -> Occupancy {
        let before = self.word.fetch_sub(ONE_INSIDE, Ordering::AcqRel);
        if before & ON == 0 && inside(before) == 1 {
            Occupancy::ClosedAndEmpty
        } else {
            Occupancy::OpenOrOccupied
        }
    }

    /// Counts an operation inside as idle; returns whether a closed gate has only idle ones inside now.
    pub(crate) fn begin_idling(&self) -> Occupancy {
        self.idle.fetch_add(1, Ordering::AcqRel);
        // Pairs with the fence of `has_only_idle`: a caller that closed the gate counts this operation as idle, or this
        // operation sees that the gate is closed.
        fence(Ordering::SeqCst);
        if !self.is_open() && self.has_only_idle() {
            Occupancy::ClosedAndEmpty
        } else {
            Occupancy::OpenOrOccupied
        }
    }

    /// Counts an operation as idle no more, as it is about to leave.
    pub(crate) fn end_idling(&self) {
        self.idle.fetch_sub(1, Ordering::AcqRel);
    }

    /// Whether no operation is inside but idle ones.
    pub(crate) fn has_only_idle(&self) -> bool {
        fence(Ordering::SeqCst);
        // Idle operations last: one that leaves in between looks like another operation, and notifies once it has left.
        let inside = self.inside();
        inside <= self.idle.load(Ordering::Acquire)
    }

    /// Closes for good; returns true to the one caller that closed it.
    pub(crate) fn close(&self) -> bool {
        self.word.fetch_and(!ON, Ordering::AcqRel) & ON != 0
    }

    pub(crate) fn is_open(&self) -> bool {
        self.word.load(Ordering::Acquire) & ON != 0
    }

    pub(crate) fn inside(&self) -> u64 {
        inside(self.word.load(Ordering::Acquire))
    }

    pub(crate) fn injected(&self) -> u64 {
        self.word.load(Ordering::Acquire) / ONE_INJECTED
    }

    fn admits(&self, word: u64) -> Result<(), NotAdmitted> {
        if word & ON == 0 {
            Err(NotAdmitted::Ended)
        } else if word / ONE_INJECTED >= self.caps.total {
            Err(NotAdmitted::Total)
        } else if inside(word) >= self.caps.concurrent {
            Err(NotAdmitted::Concurrent)
        } else {
            Ok(())
        }
    }
}

/// The state of the gate after an operation has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occupancy {
    ClosedAndEmpty,
    OpenOrOccupied,
}

fn inside(word: u64) -> u64 {
    (word % ONE_INJECTED) / ONE_INSIDE
}
