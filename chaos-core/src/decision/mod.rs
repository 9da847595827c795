//! Decisions: which faults strike an operation, and applying them.
//!
//! Eligibility is a pure function of plan, operation and draw ([`crate::site::Entry`]). [`admit`](crate::running::admit) counts. The
//! adapter applies what is left, phase by phase, under no lock.

#[cfg(feature = "inject")]
mod adapter_work;
mod call_phases;
#[cfg(feature = "inject")]
mod effect;
mod flow;
mod injected_fault;
#[cfg(not(feature = "inject"))]
mod off;
#[cfg(feature = "inject")]
mod plan_cache;
mod point;
#[cfg(feature = "inject")]
mod record_injection;
#[cfg(feature = "inject")]
mod strikes;
#[cfg(feature = "inject")]
mod struck_operation;
mod work_item;

#[cfg(all(test, feature = "inject"))]
mod tests;

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(feature = "inject")]
pub use adapter_work::AdapterWork;
pub use call_phases::CallPhases;
pub use flow::{Breakage, Broken, Flow, Piece};
pub use injected_fault::InjectedFault;
pub use point::{Around, Point};

pub use work_item::WorkItem;

#[cfg(not(feature = "inject"))]
pub use off::AdapterWork;
#[cfg(not(feature = "inject"))]
use off::Strikes;
#[cfg(feature = "inject")]
use strikes::Strikes;

use crate::compiled::Armed;
use crate::{Operation, Phase, Site, delay};

/// What happens to one operation.
///
/// Most decisions are to do nothing. An adapter keeps the decision alongside its call and applies each phase in turn:
/// [`Phase::Before`] the call, [`Phase::After`] it. Faults in between strike its [`flow`](Self::flow). Dropping a
/// decision at any time leaves nothing behind.
///
/// ```
/// # use chaos_core::{BlastRadius, ChaosManager, Failure, Fault, Operation, Phase};
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let chaos = ChaosManager::new();
/// let site = chaos.site("pms");
/// let _down = chaos.inject(BlastRadius::points_at("pms"), Fault::error(Failure::Unavailable))?;
///
/// let mut decision = site.decide(&Operation::new("reserve"));
/// let fault = decision.apply(Phase::Before).await.unwrap_err();
/// assert_eq!(fault.failure(), &Failure::Unavailable);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a decision does nothing unless it is applied"]
pub struct Decision(Option<Armed<Box<Strikes>>>);

impl Decision {
    /// The decision to do nothing.
    pub const NONE: Self = Self(None);

    /// Whether nothing is done to the operation.
    #[inline]
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a fault has been applied; a decision alone does not count.
    #[inline]
    #[must_use]
    pub fn is_applied(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|strikes| strikes.get().is_applied())
    }

    /// Takes the faults that strike the bytes of the operation, those of phase [`Phase::During`].
    pub fn flow(&mut self) -> Flow {
        self.0
            .as_mut()
            .map_or(Flow::STRAIGHT, |strikes| strikes.get_mut().take_flow())
    }

    /// Takes the work for the adapter, once [`Phase::Before`] has been applied.
    ///
    /// Only adapters whose sites support faults such as `HoldLock` ever get any.
    #[must_use]
    pub fn take_adapter_work(&mut self) -> Vec<AdapterWork> {
        self.0
            .as_mut()
            .map_or_else(Vec::new, |strikes| strikes.get_mut().take_work())
    }

    /// Delays failures until at least this long from now, because the real failure takes that long.
    ///
    /// When the experiment ends, an operation that is held for this continues with the real call.
    pub fn fail_after(&mut self, at_least: Duration) {
        if let Some(strikes) = &mut self.0 {
            strikes
                .get_mut()
                .fail_from(delay::now().checked_add(at_least));
        }
    }

    /// Holds an operation that is to time out until its experiment ends, then continues with the real call.
    ///
    /// For operations that have no error for a timeout, because only the caller's own limit can report one.
    pub fn hold_timeouts(&mut self) {
        if let Some(strikes) = &mut self.0 {
            strikes.get_mut().hold_timeouts();
        }
    }

    /// Applies the faults of a phase: waits, then may fail.
    ///
    /// Faults of an experiment that has ended meanwhile are not applied, and a delay ends with its experiment.
    ///
    /// # Errors
    ///
    /// The fault that the caller gets in place of the real call or its reply.
    ///
    /// # Panics
    ///
    /// When an experiment injects [`Fault::Panic`](crate::Fault::Panic).
    pub async fn apply(&mut self, phase: Phase) -> Result<(), InjectedFault> {
        poll_fn(|cx| self.poll_apply(phase, cx)).await
    }

    /// The poll form of [`apply`](Self::apply), for hand-written futures.
    #[inline]
    pub fn poll_apply(
        &mut self,
        phase: Phase,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), InjectedFault>> {
        match &mut self.0 {
            None => Poll::Ready(Ok(())),
            Some(strikes) => strikes.get_mut().poll_apply(phase, cx),
        }
    }
}

impl Site {
    /// Decides what happens to an operation.
    ///
    /// It never waits, and allocates only when a fault is about to be injected.
    #[inline]
    pub fn decide(&self, operation: &Operation<'_>) -> Decision {
        #[cfg(feature = "inject")]
        if self.needs().is_some_and(crate::site::Needs::decision) {
            return Decision(Strikes::on(self.state(), operation).map(Armed::new));
        }
        let _ = operation;
        Decision::NONE
    }
}
