//! What a running experiment has met so far, to report its reach and explain why it struck nothing.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use super::striped_count::StripedCount;

/// What a running experiment has met.
#[derive(Debug, Default)]
pub(crate) struct Encounters {
    /// The closest that it has come to striking.
    closest: AtomicU8,
    /// The operations that its radius covers and that the draw chose.
    drawn: StripedCount,
    /// Those that the draw let pass.
    missed: StripedCount,
    /// Whether its radius also covers operations that are not drawn one by one.
    covers_others: AtomicBool,
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

    /// Counts an operation that its radius covers and that the draw chose.
    #[inline]
    pub(crate) fn count_drawn(&self) {
        self.drawn.increment();
    }

    /// Counts an operation that its radius covers and that the draw let pass.
    #[inline]
    pub(crate) fn count_missed(&self) {
        self.missed.increment();
    }

    /// Remembers that its radius covers an operation that is not drawn by itself, so that no share can be counted.
    #[cold]
    pub(crate) fn meet_uncounted(&self) {
        self.covers_others.store(true, Ordering::Relaxed);
    }

    /// The numbers of drawn and of covered operations, if each of them was drawn by itself.
    pub(crate) fn drawn_of_covered(&self) -> Option<(u64, u64)> {
        let drawn = self.drawn.sum();
        let covered = drawn + self.missed.sum();
        let is_share = covered > 0 && !self.covers_others.load(Ordering::Relaxed);
        is_share.then_some((drawn, covered))
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
