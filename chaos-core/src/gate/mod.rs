//! The one atomic word that lets operations into an experiment.
//!
//! "Is it on", "how many does it treat now" and "how many has it treated" live in one word, so that no
//! operation can slip in between a check of one and a change of another.

#[cfg(all(test, chaos_loom))]
mod models;
#[cfg(all(test, not(chaos_loom)))]
mod tests;

#[cfg(chaos_loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(chaos_loom))]
use std::sync::atomic::{AtomicU64, Ordering};

const ON: u64 = 1;
const ONE_INSIDE: u64 = 1 << 1;
const ONE_INJECTED: u64 = 1 << 24;
const MOST_INSIDE: u64 = (ONE_INJECTED >> 1) - 1;
const MOST_INJECTED: u64 = u64::MAX / ONE_INJECTED;

/// How many operations an experiment may treat, in all and at once.
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

/// Why the gate let an operation pass untreated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shut {
    /// The experiment has ended.
    Ended,
    /// Its total cap is used up.
    Total,
    /// Its concurrent cap is in use.
    Concurrent,
}

/// Open while its experiment runs; closes once and for good.
#[derive(Debug)]
pub(crate) struct Gate {
    word: AtomicU64,
    caps: Caps,
}

impl Gate {
    pub(crate) fn open(caps: Caps) -> Self {
        Self {
            word: AtomicU64::new(ON),
            caps,
        }
    }

    /// Lets one operation in, or says why not; whoever is let in must leave.
    pub(crate) fn enter(&self) -> Result<(), Shut> {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            self.admits(word)?;
            match self.word.compare_exchange_weak(
                word,
                word + ONE_INSIDE + ONE_INJECTED,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// What `enter` would say now, letting nobody in.
    pub(crate) fn would_admit(&self) -> Result<(), Shut> {
        self.admits(self.word.load(Ordering::Relaxed))
    }

    /// Says whether this was the last one inside a closed gate.
    pub(crate) fn leave(&self) -> Left {
        let before = self.word.fetch_sub(ONE_INSIDE, Ordering::AcqRel);
        if before & ON == 0 && inside(before) == 1 {
            Left::Empty
        } else {
            Left::Others
        }
    }

    /// Closes for good; true for the one caller that closed it.
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

    fn admits(&self, word: u64) -> Result<(), Shut> {
        if word & ON == 0 {
            Err(Shut::Ended)
        } else if word / ONE_INJECTED >= self.caps.total {
            Err(Shut::Total)
        } else if inside(word) >= self.caps.concurrent {
            Err(Shut::Concurrent)
        } else {
            Ok(())
        }
    }
}

/// What `leave` left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// A closed gate with nobody inside.
    Empty,
    /// An open gate, or others still inside.
    Others,
}

fn inside(word: u64) -> u64 {
    (word % ONE_INJECTED) / ONE_INSIDE
}
