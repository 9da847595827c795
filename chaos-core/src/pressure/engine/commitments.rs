//! Amounts that are admitted but not taken yet: no limit shows them as used, yet they are not free.

#![cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only Linux reports what can be committed")
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

static LEDGERS: Mutex<BTreeMap<CommittedResource, Arc<Ledger>>> = Mutex::new(BTreeMap::new());

/// A resource with its own ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CommittedResource {
    /// Bytes of memory, including those of leaks.
    Memory,
    Threads,
    /// Threads that use processor time; they never count as taken.
    Spinners,
    /// Bytes of the disk with this device number.
    Disk(u64),
}

/// The commitments of this process for one resource.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    admission: Mutex<()>,
    outstanding: AtomicU64,
}

impl Ledger {
    /// Returns the ledger of the process for `resource`.
    pub(super) fn of(resource: CommittedResource) -> Arc<Self> {
        let mut ledgers = LEDGERS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(ledgers.entry(resource).or_default())
    }

    /// Commits the amount that `admit` returns.
    ///
    /// `admit` gets the amount committed to others, and must read the current usage only after that.
    ///
    /// # Errors
    ///
    /// Returns the error of `admit`; then nothing is committed.
    pub(super) fn commit<E>(
        self: &Arc<Self>,
        admit: impl FnOnce(u64) -> Result<u64, E>,
    ) -> Result<Commitment, E> {
        // One admission at a time: two would see the same free amount.
        let _admission = self
            .admission
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // An amount taken between this read and that of `admit` counts twice instead of never.
        let amount = admit(self.outstanding.load(Ordering::Acquire))?;
        self.outstanding.fetch_add(amount, Ordering::AcqRel);
        Ok(Commitment {
            ledger: Arc::clone(self),
            amount,
            outstanding: amount,
        })
    }
}

/// The amount committed to one pressure until it is dropped.
#[derive(Debug, Default)]
#[must_use = "dropping it releases the amount to others"]
pub(super) struct Commitment {
    ledger: Arc<Ledger>,
    amount: u64,
    outstanding: u64,
}

impl Commitment {
    /// Returns the committed amount, taken or not.
    pub(super) fn amount(&self) -> u64 {
        self.amount
    }

    /// Sets how much of the amount is in use and therefore visible in limits; the rest is outstanding.
    pub(super) fn set_taken(&mut self, taken: u64) {
        self.set_outstanding(self.amount.saturating_sub(taken));
    }

    /// Returns the part of `total` in proportion to all commitments of the resource, and at least one.
    pub(super) fn part_of(&self, total: u32) -> u32 {
        let committed = u128::from(self.ledger.outstanding.load(Ordering::Acquire)).max(1);
        let part = (u128::from(total) * u128::from(self.outstanding)).div_ceil(committed);
        u32::try_from(part).unwrap_or(total).clamp(1, total.max(1))
    }

    fn set_outstanding(&mut self, outstanding: u64) {
        let all = &self.ledger.outstanding;
        if outstanding > self.outstanding {
            all.fetch_add(outstanding - self.outstanding, Ordering::AcqRel);
        } else {
            all.fetch_sub(self.outstanding - outstanding, Ordering::AcqRel);
        }
        self.outstanding = outstanding;
    }
}

impl Drop for Commitment {
    fn drop(&mut self) {
        self.set_outstanding(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commits `amount` if at most ten are committed then.
    fn of_ten(ledger: &Arc<Ledger>, amount: u64) -> Option<Commitment> {
        let admit = |committed| (committed + amount <= 10).then_some(amount).ok_or(());
        ledger.commit(admit).ok()
    }

    #[test]
    fn a_committed_amount_is_not_committed_again() {
        let ledger = Arc::default();
        let most = of_ten(&ledger, 6).unwrap();
        assert!(of_ten(&ledger, 6).is_none());
        let rest = of_ten(&ledger, 4).unwrap();
        assert_eq!((most.amount(), rest.amount()), (6, 4));
        drop(most);
        assert!(of_ten(&ledger, 7).is_none());
        assert!(of_ten(&ledger, 6).is_some());
    }

    #[test]
    fn taken_amounts_are_not_outstanding_and_returned_amounts_are() {
        let ledger = Arc::default();
        let mut commitment = of_ten(&ledger, 6).unwrap();
        commitment.set_taken(5);
        assert!(of_ten(&ledger, 9).is_some());
        commitment.set_taken(2);
        assert!(of_ten(&ledger, 9).is_none());
        // Taking more than was committed frees nothing of others.
        commitment.set_taken(60);
        assert!(of_ten(&ledger, 10).is_some());
        drop(commitment);
        assert!(of_ten(&ledger, 10).is_some());
        assert!(of_ten(&ledger, 11).is_none());
    }

    #[test]
    fn a_total_is_shared_in_proportion_to_commitments() {
        let ledger = Arc::default();
        let (six, two) = (of_ten(&ledger, 6).unwrap(), of_ten(&ledger, 2).unwrap());
        assert_eq!((six.part_of(8), two.part_of(8)), (6, 2));
        assert_eq!((six.part_of(4), two.part_of(4)), (3, 1));
        assert_eq!((six.part_of(1), two.part_of(1)), (1, 1));
        assert_eq!(six.part_of(100), 75);
        drop(two);
        assert_eq!(six.part_of(4), 4);
    }

    #[test]
    fn each_resource_has_its_own_ledger() {
        let one = Ledger::of(CommittedResource::Disk(u64::MAX));
        assert!(Arc::ptr_eq(
            &one,
            &Ledger::of(CommittedResource::Disk(u64::MAX))
        ));
        assert!(!Arc::ptr_eq(
            &one,
            &Ledger::of(CommittedResource::Disk(u64::MAX - 1))
        ));
    }
}
