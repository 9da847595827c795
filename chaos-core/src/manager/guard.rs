//! The handle of a running experiment.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Weak};

use super::inner::Inner;
use super::settling::{journal_failed_undos, wait_for_undos};
use crate::pressure::PressureLevel;
use crate::running::Running;
use crate::{EndReason, Error};

/// The handle of a running experiment: dropping it ends the experiment.
///
/// ```
/// # use chaos_core::{BlastRadius, ChaosManager, Fault};
/// # use std::time::Duration;
/// let chaos = ChaosManager::new();
/// let slow = chaos.inject(BlastRadius::calls_to("payments"), Fault::latency(Duration::from_secs(2)))?;
/// assert_eq!(slow.injected(), 0);
/// drop(slow); // payments is fast again
/// # Ok::<(), chaos_core::Error>(())
/// ```
#[must_use = "dropping the guard ends the experiment at once; `detach` leaves it to its time limit"]
pub struct ExperimentGuard {
    running: Arc<Running>,
    manager: Weak<Inner>,
    at_drop: AtDrop,
    /// Where an injection was expected.
    expected: Option<&'static Location<'static>>,
}

enum AtDrop {
    End,
    Leave,
}

impl ExperimentGuard {
    pub(super) fn new(running: Arc<Running>, manager: Weak<Inner>) -> Self {
        Self {
            running,
            manager,
            at_drop: AtDrop::End,
            expected: None,
        }
    }

    pub(crate) fn running(&self) -> &Arc<Running> {
        &self.running
    }

    /// The experiment's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.running.name
    }

    /// The number of operations that it has injected faults into; in a dry run, that it would have.
    #[must_use]
    pub fn injected(&self) -> u64 {
        self.running.gate.injected()
    }

    /// The number of operations that its faults affect now.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.running.gate.inside()
    }

    /// The current levels of its pressures, in the order of its faults; empty without pressures.
    #[must_use]
    pub fn pressure(&self) -> Vec<PressureLevel> {
        self.running.finish_if_overdue();
        self.running.pressures.levels()
    }

    /// Whether each of its pressures has ever reached its level; false without pressures.
    ///
    /// For a skewed clock, only its current level counts.
    #[must_use]
    pub fn was_reached(&self) -> bool {
        self.running.pressures.were_reached()
    }

    /// Whether each of its pressures has ever reached its level or taken everything available; false without pressures.
    #[must_use]
    pub fn took_effect(&self) -> bool {
        self.running.pressures.took_effect()
    }

    /// Why it ended, once it has.
    #[must_use]
    pub fn ended(&self) -> Option<&EndReason> {
        self.running.finish_if_overdue();
        self.running.end_reason()
    }

    /// Makes the drop of this guard panic if nothing was injected until then, as a fault that never fired proves nothing.
    ///
    /// This is for tests. [`detach`](Self::detach) withdraws it, and a guard that drops during another panic says nothing.
    ///
    /// ```should_panic
    /// # use chaos_core::{BlastRadius, ChaosManager, Fault};
    /// let chaos = ChaosManager::new();
    /// let pms = chaos.site("pms");
    /// let _down = chaos.inject(BlastRadius::points_at("psm"), Fault::Panic)?.expect_injected();
    /// assert!(pms.point_blocking("reserve").is_ok()); // the service seems to survive the fault
    /// # Ok::<(), chaos_core::Error>(())
    /// ```
    #[track_caller]
    pub fn expect_injected(mut self) -> Self {
        self.expected = Some(Location::caller());
        self
    }

    /// Waits until it has injected faults into `n` operations.
    ///
    /// On a paused clock, an idle runtime jumps to the time limit, which ends the experiment and this wait.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when it ends before that.
    pub async fn wait_for(&self, n: u64) -> Result<(), Error> {
        self.wait_until(|| self.injected() >= n).await
    }

    /// Waits until the connections or the lock that it holds are held.
    ///
    /// The first operation that it strikes starts to hold them, and usually does not wait until all are held; so start
    /// one before this. It returns once all are held for the first time, and later at once.
    ///
    /// # Errors
    ///
    /// [`Error::Ended`] when it ends before that.
    pub async fn wait_until_held(&self) -> Result<(), Error> {
        self.wait_until(|| self.running.has_held()).await
    }

    async fn wait_until(&self, is_reached: impl Fn() -> bool) -> Result<(), Error> {
        loop {
            // Created before the check, so that a change in between is not missed.
            let changed = self.running.changed_or_overdue();
            if is_reached() {
                return Ok(());
            }
            if let Some(reason) = self.running.end_reason() {
                return Err(Error::Ended {
                    experiment: self.name().to_owned(),
                    injected: self.injected(),
                    reason: reason.clone(),
                });
            }
            changed.await;
        }
    }

    /// Registers an undo that runs exactly once when the experiment ends, for whatever reason.
    ///
    /// Undos run in reverse order of registration; once those of an ended experiment have run, a new one runs at once.
    /// They run on the thread that ends the experiment by a call or by dropping the guard, and otherwise on a dedicated
    /// thread, which delays no other experiment. A panic in an undo is journalled, and the others still run. If an
    /// experiment has ended by itself, dropping its guard waits up to a second for its undos, and [`end`](Self::end)
    /// waits for all of them.
    pub fn on_end(&self, undo: impl FnOnce() + Send + 'static) {
        let failed = self.running.undos.add(Box::new(undo));
        journal_failed_undos(&self.running, failed);
    }

    /// Ends the experiment and waits until nothing of it is left.
    ///
    /// Its undos have run, its pressures are given back, and every operation has left its faults; an operation that is
    /// never polled again prevents this from returning.
    pub async fn end(mut self) {
        self.at_drop = AtDrop::Leave;
        let this = &self;
        let _ = this.end_now();
        this.running.settled().await;
    }

    /// Ends the experiment and runs its undos on this thread, unless it has ended already; returns whether it did.
    fn end_now(&self) -> bool {
        let first = self.running.stop(EndReason::Dropped);
        if first {
            self.running.wake_released();
        }
        match self.manager.upgrade() {
            Some(manager) if first => manager.settle_here(&self.running),
            // Its undos may hang, so they are left to the cleanup.
            Some(manager) => manager.sweep(),
            None => {}
        }
        if first {
            // After the undos, as a waker may hang.
            self.running.wake();
        }
        first
    }

    /// Leaves the experiment running until its time limit.
    pub fn detach(mut self) {
        self.at_drop = AtDrop::Leave;
        self.expected = None;
    }

    /// Panics if an injection was expected and there was none.
    fn check_expectation(&self) {
        if let Some(expected) = self.expected
            && self.injected() == 0
            && !std::thread::panicking()
        {
            let why = self.running.why_idle();
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            panic!(
                "`{}` injected nothing, expected at {expected}{why}",
                self.name()
            );
        }
    }
}

impl Drop for ExperimentGuard {
    fn drop(&mut self) {
        if matches!(self.at_drop, AtDrop::End) && !self.end_now() {
            wait_for_undos(&self.running);
        }
        self.check_expectation();
    }
}

impl fmt::Debug for ExperimentGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExperimentGuard")
            .field("name", &self.name())
            .field("injected", &self.injected())
            .field("ended", &self.ended())
            .finish_non_exhaustive()
    }
}
