//! What a running experiment has met so far, to explain at its end why it struck nothing.

use std::sync::atomic::{AtomicU8, Ordering};

/// The closest that a running experiment has come to striking.
#[derive(Debug, Default)]
pub(crate) struct Encounters(AtomicU8);

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
        if self.0.load(Ordering::Relaxed) < encounter {
            self.0.fetch_max(encounter, Ordering::Relaxed);
        }
    }

    pub(crate) fn closest(&self) -> Encounter {
        let all = [
            Encounter::Operation,
            Encounter::OtherOperation,
            Encounter::Site,
        ];
        let closest = self.0.load(Ordering::Relaxed);
        let met = all.into_iter().find(|one| *one as u8 == closest);
        met.unwrap_or(Encounter::Nothing)
    }
}
