//! The right to hit one operation, given back however the operation ends.

use std::sync::Arc;

use super::{Pass, Running};
use crate::cap_gate::{Gate, NotAdmitted, Occupancy};

/// Counts as one operation inside the gate until it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Permit {
    running: Arc<Running>,
    holder: Holder,
}

/// The holder of a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// An operation that is polled when the experiment ends, and then leaves.
    Operation,
    /// Something that may not be polled for long or never again, such as an idle connection.
    ///
    /// It counts for the caps, but `halted` does not wait for it: it can't leave and has nothing to give back.
    Idle,
}

impl Permit {
    pub(crate) fn take(running: &Arc<Running>, holder: Holder) -> Result<Self, NotAdmitted> {
        Self::enter(running, holder, Gate::enter)
    }

    /// Like [`take`](Self::take), for a connection that counts in total already.
    pub(crate) fn take_again(running: &Arc<Running>, holder: Holder) -> Result<Self, NotAdmitted> {
        Self::enter(running, holder, Gate::enter_again)
    }

    fn enter(
        running: &Arc<Running>,
        holder: Holder,
        enter: impl FnOnce(&Gate) -> Result<(), NotAdmitted>,
    ) -> Result<Self, NotAdmitted> {
        // The gates of a halted manager are closed one by one, and this is faster.
        if !running.is_open() {
            return Err(NotAdmitted::Ended);
        }
        enter(&running.gate).inspect_err(|refusal| {
            let bound = Pass::NotAdmitted(*refusal).bound();
            running.meet(bound);
        })?;
        if holder == Holder::Idle {
            // Entered first and left last, so idle permits never outnumber those inside.
            if running.gate.begin_idling() == Occupancy::ClosedAndEmpty {
                running.notify_settled();
            }
        }
        Ok(Self {
            running: Arc::clone(running),
            holder,
        })
    }

    pub(crate) fn running(&self) -> &Arc<Running> {
        &self.running
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let running = &self.running;
        if self.holder == Holder::Idle {
            running.gate.end_idling();
        }
        let emptied = running.gate.leave() == Occupancy::ClosedAndEmpty;
        if emptied || (!running.gate.is_open() && running.is_settled()) {
            running.notify_settled();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::{BlastRadius, ChaosManager, ExperimentGuard, Failure, Fault};

    fn running() -> (ChaosManager, ExperimentGuard) {
        let chaos = ChaosManager::new();
        let radius = BlastRadius::points_at("pms");
        let guard = chaos.inject(radius, Fault::error(Failure::Reset)).unwrap();
        (chaos, guard)
    }

    fn is_ready(future: Pin<&mut impl Future<Output = ()>>) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        future.poll(&mut context) == Poll::Ready(())
    }

    #[test]
    fn the_last_operation_to_leave_beside_an_idle_permit_notifies_waiters() {
        let (chaos, guard) = running();
        let idle = Permit::take(guard.running(), Holder::Idle).unwrap();
        let operation = Permit::take(guard.running(), Holder::Operation).unwrap();
        chaos.stop(guard.name()).unwrap();
        let mut settled = pin!(guard.running().settled());
        assert!(!is_ready(settled.as_mut()), "an operation is inside");
        drop(operation);
        assert!(is_ready(settled.as_mut()));
        drop(idle);
    }

    #[test]
    fn an_idle_permit_counts_only_until_it_leaves() {
        let (chaos, guard) = running();
        drop(Permit::take(guard.running(), Holder::Idle).unwrap());
        let operation = Permit::take(guard.running(), Holder::Operation).unwrap();
        chaos.stop(guard.name()).unwrap();
        assert!(!guard.running().is_settled(), "an operation is inside");
        drop(operation);
        assert!(guard.running().is_settled());
    }

    #[test]
    fn a_halt_refuses_permits_before_it_closes_the_gates() {
        let (_chaos, guard) = running();
        let running = guard.running();
        running.switch.halt();
        assert!(running.gate.is_open());
        assert_eq!(
            Permit::take(running, Holder::Operation).err(),
            Some(NotAdmitted::Ended)
        );
        assert_eq!(running.would_admit(), Err(NotAdmitted::Ended));
        assert!(!running.is_open());
        assert_eq!(guard.injected(), 0);
        assert_eq!(guard.ended(), Some(&crate::EndReason::Halted));
    }

    #[test]
    fn an_experiment_with_a_reason_to_end_admits_nothing() {
        let (_chaos, guard) = running();
        let running = guard.running();
        // The ending thread is about to close the gate.
        running.end.set(crate::EndReason::TimeLimit).unwrap();
        assert_eq!(running.end_reason(), Some(&crate::EndReason::TimeLimit));
        assert!(!running.is_open());
    }
}
