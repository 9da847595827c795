//! What a running experiment has met so far, to report its reach and explain why it struck nothing.

use std::sync::atomic::{AtomicU8, Ordering};

use super::striped_count::StripedCount;

/// What a running experiment has met.
#[derive(Debug, Default)]
pub(crate) struct Encounters {
    /// The closest that it has come to striking.
    closest: AtomicU8,
    /// The number of operations that its radius covers and that were drawn one by one.
    covered: StripedCount,
}

/// Something that an experiment meets, each closer to a strike than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encounter {
    Nothing,
    /// A site that it can strike.
    Site,
    /// An operation there, of another name than its radius says.
    OtherOperation,
    /// An operation with the name that its radius says.
    Operation,
}

impl Encounters {
    /// Remembers an encounter, unless a closer one was met; usually, it only reads.
    #[inline]
    pub(crate) fn meet(&self, encounter: Encounter) {
        let encounter = encounter as u8;
        if self.closest.load(Ordering::Relaxed) < encounter {
            self.closest.fetch_max(encounter, Ordering::Relaxed);
        }
    }

    /// Counts an operation that its radius covers, whether it strikes or not.
    #[inline]
    pub(crate) fn count_covered(&self) {
        self.covered.increment();
    }

    /// The number of covered operations, if any was drawn by itself.
    pub(crate) fn covered(&self) -> Option<u64> {
        Some(self.covered.sum()).filter(|covered| *covered > 0)
    }

    pub(crate) fn closest(&self) -> Encounter {
        let all = [
            Encounter::Operation,
            Encounter::OtherOperation,
            Encounter::Site,
        ];
        let closest = self.closest.load(Ordering::Relaxed);
        let met = all.into_iter().find(|one| *one as u8 == closest);
        met.unwrap_or(Encounter::Nothing)
    }
}
