//! The names of the operations that a site has met, to explain why an experiment strikes none of another name.

use std::sync::atomic::{AtomicU64, Ordering};

/// The names that were met, by one bit of their hash: some names that share a bit are taken for met.
#[derive(Default)]
pub(super) struct MetNames([AtomicU64; 16]);

impl MetNames {
    /// Remembers a name by its hash; usually, it only reads.
    #[inline]
    pub(super) fn meet(&self, name: u64) {
        let (word, bit) = self.place(name);
        if word.load(Ordering::Relaxed) & bit == 0 {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// Whether names were met, but not this one.
    pub(super) fn are_others(&self, name: u64) -> bool {
        let (word, bit) = self.place(name);
        let is_met = word.load(Ordering::Relaxed) & bit != 0;
        !is_met && self.0.iter().any(|word| word.load(Ordering::Relaxed) != 0)
    }

    #[inline]
    fn place(&self, name: u64) -> (&AtomicU64, u64) {
        let [word, bit] = [name >> 6, name].map(|part| part as usize);
        (&self.0[word % self.0.len()], 1 << (bit % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::stable_hash;

    #[test]
    fn others_are_names_that_were_met_without_this_one() {
        let met = MetNames::default();
        let [one, other] = ["GET /orders", "POST /orders"].map(stable_hash);
        assert!(!met.are_others(one), "nothing was met");
        met.meet(one);
        assert!(!met.are_others(one) && met.are_others(other));
        met.meet(other);
        assert!(!met.are_others(one) && !met.are_others(other));
    }

    #[test]
    fn few_names_share_a_bit() {
        let met = MetNames::default();
        (0..100).for_each(|at| met.meet(stable_hash(&format!("GET /{at}"))));
        let unmet = (100..1_100).filter(|at| met.are_others(stable_hash(&format!("GET /{at}"))));
        let unmet = unmet.count();
        assert!((850..970).contains(&unmet), "{unmet}");
    }
}
