//! The reasons for which a running experiment strikes fewer operations than its rate draws.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::cap_gate::NotAdmitted;
use crate::running::Pass;
use crate::status::RateBound;

/// The bounds that drawn operations have met.
#[derive(Debug, Default)]
pub(crate) struct RateBounds(AtomicU8);

impl RateBounds {
    /// The bounds that are met by operations; all others follow from the definition.
    const MET: [RateBound; 5] = [
        RateBound::TotalCap,
        RateBound::ConcurrentCap,
        RateBound::Pattern,
        RateBound::NoEffect,
        RateBound::EndedFirst,
    ];

    /// Remembers a bound; usually, it only reads.
    pub(crate) fn meet(&self, bound: RateBound) {
        let bit = bit(bound);
        if self.0.load(Ordering::Relaxed) & bit == 0 {
            self.0.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// Remembers why a drawn operation passes; the end of an experiment bounds no rate.
    pub(crate) fn meet_pass(&self, pass: Pass) {
        match pass {
            Pass::NotAdmitted(NotAdmitted::Total) => self.meet(RateBound::TotalCap),
            Pass::NotAdmitted(NotAdmitted::Concurrent) => self.meet(RateBound::ConcurrentCap),
            Pass::Pattern => self.meet(RateBound::Pattern),
            Pass::Conforms => self.meet(RateBound::NoEffect),
            Pass::NotAdmitted(NotAdmitted::Ended) | Pass::Expired => {}
        }
    }

    pub(crate) fn met(&self) -> impl Iterator<Item = RateBound> {
        let met = self.0.load(Ordering::Relaxed);
        let all = Self::MET.into_iter();
        all.filter(move |bound| met & bit(*bound) != 0)
    }
}

fn bit(bound: RateBound) -> u8 {
    1 << bound as u8
}
