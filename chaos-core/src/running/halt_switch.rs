//! The switch that ends all experiments of a manager at once, whatever their number.

#[cfg(chaos_loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(chaos_loom))]
use std::sync::atomic::{AtomicU64, Ordering};

use crate::EndReason;

/// Ends all experiments that started before the last halt; a running experiment is one of the current period.
#[derive(Debug, Default)]
pub(crate) struct HaltSwitch(AtomicU64);

/// The time between two halts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period(u64);

/// The number while experiments may not run is odd.
const HALTED: u64 = 1;

/// The number after the manager is dropped.
const DROPPED: u64 = u64::MAX;

impl HaltSwitch {
    /// The current period; `None` while halted.
    pub(crate) fn period(&self) -> Option<Period> {
        let number = self.0.load(Ordering::Acquire);
        (number & HALTED == 0).then_some(Period(number))
    }

    /// Ends the current period.
    pub(crate) fn halt(&self) {
        self.0.fetch_or(HALTED, Ordering::AcqRel);
    }

    /// Begins another period, which revives no experiment of an earlier one.
    pub(crate) fn allow(&self) {
        let next = |number: u64| match number & HALTED {
            0 => None,
            // After the drop of the manager, there is none.
            _ => number.checked_add(1),
        };
        let _ = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
    }

    /// Ends the current period for good.
    pub(crate) fn drop_manager(&self) {
        self.0.store(DROPPED, Ordering::Release);
    }

    /// Why a period is over, once it is.
    pub(crate) fn end_of(&self, period: Period) -> Option<EndReason> {
        match self.0.load(Ordering::Acquire) {
            number if number == period.0 => None,
            DROPPED => Some(EndReason::ManagerDropped),
            _ => Some(EndReason::Halted),
        }
    }

    #[inline]
    pub(crate) fn is_over(&self, period: Period) -> bool {
        self.0.load(Ordering::Acquire) != period.0
    }
}

#[cfg(all(test, chaos_loom))]
mod models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn a_period_that_is_over_stays_over() {
        loom::model(|| {
            let switch = Arc::new(HaltSwitch::default());
            let halting = {
                let switch = Arc::clone(&switch);
                thread::spawn(move || {
                    switch.halt();
                    switch.allow();
                    switch.halt();
                })
            };
            if let Some(period) = switch.period() {
                let was_over = switch.is_over(period);
                assert!(!was_over || switch.is_over(period));
                halting.join().unwrap();
                assert!(switch.is_over(period));
            }
        });
    }

    #[test]
    fn a_lift_that_races_with_a_halt_revives_nothing() {
        loom::model(|| {
            let switch = Arc::new(HaltSwitch::default());
            let before = switch.period().unwrap();
            switch.halt();
            let lifting = {
                let switch = Arc::clone(&switch);
                thread::spawn(move || {
                    switch.allow();
                    switch.period()
                })
            };
            switch.halt();
            let between = lifting.join().unwrap();
            assert!(switch.is_over(before));
            // Either the halt came last, or a new period began after it.
            assert!(between.is_none_or(|between| between != before));
        });
    }
}

#[cfg(all(test, not(chaos_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_halt_ends_the_period_for_good() {
        let switch = HaltSwitch::default();
        let first = switch.period().unwrap();
        assert!(!switch.is_over(first));
        assert_eq!(switch.end_of(first), None);
        switch.halt();
        switch.halt();
        assert_eq!(switch.period(), None);
        assert!(switch.is_over(first));
        assert_eq!(switch.end_of(first), Some(EndReason::Halted));
        switch.allow();
        switch.allow();
        let second = switch.period().unwrap();
        assert!(!switch.is_over(second));
        assert!(switch.is_over(first), "it is not revived");
        assert_eq!(switch.end_of(first), Some(EndReason::Halted));
    }

    #[test]
    fn nothing_runs_after_the_manager() {
        let switch = HaltSwitch::default();
        let period = switch.period().unwrap();
        switch.drop_manager();
        switch.allow();
        assert_eq!(switch.period(), None);
        assert_eq!(switch.end_of(period), Some(EndReason::ManagerDropped));
    }
}
