//! What is promised to pressures and not yet taken: no limit tells of it, and it is not there for anybody else.

#![cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "nothing else tells what there is to commitment")
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

static LEDGERS: Mutex<BTreeMap<CommittedResource, Arc<Ledger>>> = Mutex::new(BTreeMap::new());

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CommittedResource {
    /// Bytes of memory, those of leaks included.
    Memory,
    Threads,
    /// Threads that burn processor time; none of them ever counts as taken.
    Spinners,
    /// Bytes of the disk with this number.
    Disk(u64),
}

/// What this process has promised of one resource.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    admitting: Mutex<()>,
    open: AtomicU64,
}

impl Ledger {
    /// That of the whole process.
    pub(super) fn of(what: CommittedResource) -> Arc<Self> {
        let mut ledgers = LEDGERS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(ledgers.entry(what).or_default())
    }

    /// Promises as much as `admit` says, which is told what is promised to others and must look at what is in use
    /// only then.
    ///
    /// # Errors
    ///
    /// That of `admit`; then nothing is promised.
    pub(super) fn commit<E>(
        self: &Arc<Self>,
        admit: impl FnOnce(u64) -> Result<u64, E>,
    ) -> Result<Commitment, E> {
        // One at a time: two would find the same room.
        let _alone = self
            .admitting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // What is taken between this look and that of `admit` counts twice rather than never.
        let amount = admit(self.open.load(Ordering::Acquire))?;
        self.open.fetch_add(amount, Ordering::AcqRel);
        Ok(Commitment {
            ledger: Arc::clone(self),
            amount,
            open: amount,
        })
    }
}

/// What is promised to one pressure, until it is dropped.
#[derive(Debug, Default)]
#[must_use = "it is promised to nobody once it is dropped"]
pub(super) struct Commitment {
    ledger: Arc<Ledger>,
    amount: u64,
    open: u64,
}

impl Commitment {
    /// How much is promised, taken or not.
    pub(super) fn amount(&self) -> u64 {
        self.amount
    }

    /// So much of it is in use by now, for everybody to see; what is given back is promised again.
    pub(super) fn taken(&mut self, taken: u64) {
        self.open_is(self.amount.saturating_sub(taken));
    }

    /// What it may have of so many, when all to whom some are promised have to share them; at least one.
    pub(super) fn part_of(&self, all: u32) -> u32 {
        let promised = u128::from(self.ledger.open.load(Ordering::Acquire)).max(1);
        let part = (u128::from(all) * u128::from(self.open)).div_ceil(promised);
        u32::try_from(part).unwrap_or(all).clamp(1, all.max(1))
    }

    fn open_is(&mut self, open: u64) {
        let ledger = &self.ledger.open;
        if open > self.open {
            ledger.fetch_add(open - self.open, Ordering::AcqRel);
        } else {
            ledger.fetch_sub(self.open - open, Ordering::AcqRel);
        }
        self.open = open;
    }
}

impl Drop for Commitment {
    fn drop(&mut self) {
        self.open_is(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Promises so much of ten.
    fn of_ten(ledger: &Arc<Ledger>, amount: u64) -> Option<Commitment> {
        let admit = |promised| (promised + amount <= 10).then_some(amount).ok_or(());
        ledger.commit(admit).ok()
    }

    #[test]
    fn what_is_promised_is_promised_once() {
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
    fn what_is_taken_is_no_longer_open_and_what_is_given_back_is_again() {
        let ledger = Arc::default();
        let mut commitment = of_ten(&ledger, 6).unwrap();
        commitment.taken(5);
        assert!(of_ten(&ledger, 9).is_some());
        commitment.taken(2);
        assert!(of_ten(&ledger, 9).is_none());
        // More than was promised frees nothing of others.
        commitment.taken(60);
        assert!(of_ten(&ledger, 10).is_some());
        drop(commitment);
        assert!(of_ten(&ledger, 10).is_some());
        assert!(of_ten(&ledger, 11).is_none());
    }

    #[test]
    fn what_is_too_little_for_all_is_shared() {
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
    fn each_resource_has_an_account_of_its_own() {
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
