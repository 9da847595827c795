//! Decisions: what is done to an operation, and doing it.
//!
//! Eligibility is a pure function of plan, operation and draw ([`plan`]); admission counts ([`admission`]); what is
//! left is applied by the adapter, phase by phase, under no lock.

mod admission;
mod errand;
mod flow;
mod hit;
mod injected_fault;
mod limits;
mod permit;
mod plan;
mod plan_cache;
mod treatment;

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

pub(crate) use admission::Pass;
pub use errand::{Errand, Task};
pub use flow::{Breakage, Broken, Flow, Piece};
pub use injected_fault::InjectedFault;
pub(crate) use limits::Memory;
pub(crate) use plan::{Entry, Miss, SitePlan};

use hit::Hit;

use crate::compiled::{Armed, compiled_in};
use crate::delay;
use crate::site::SiteState;
use crate::{Operation, Phase};

/// What happens to one operation.
///
/// Most decisions are to do nothing. An adapter keeps the decision beside its call and applies each phase when it
/// comes: [`Phase::Before`] the call, [`Phase::After`] it; what strikes in between is its
/// [`flow`](Self::flow). Dropping it at any time leaves nothing behind.
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
pub struct Decision(Option<Armed<Box<Hit>>>);

impl Decision {
    /// The decision to do nothing.
    pub const NONE: Self = Self(None);

    #[inline(never)]
    pub(crate) fn make(site: &Arc<SiteState>, operation: &Operation<'_>) -> Self {
        if site.is_protected() {
            return Self::NONE;
        }
        let hit = operation.in_scope(|scope| {
            #[cfg_attr(not(feature = "explore"), expect(unused_mut))]
            let mut hit =
                plan_cache::with_plan(site, |plan| Hit::look_for(plan, site, operation, scope));
            #[cfg(feature = "explore")]
            if let Some(exploring) = site.exploring() {
                for running in exploring.explorer.meet(site, operation, scope) {
                    Hit::place(&mut hit, running, site, operation, scope);
                }
            }
            hit
        });
        Self(
            hit.zip(compiled_in())
                .map(|(hit, compiled_in)| Armed::new(hit, compiled_in)),
        )
    }

    /// True when nothing at all is done to the operation.
    #[inline]
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// True once a fault has been applied, not merely decided on.
    #[inline]
    #[must_use]
    pub fn is_applied(&self) -> bool {
        self.0.as_ref().is_some_and(|hit| hit.get().is_applied())
    }

    /// Takes what strikes the bytes of the operation: the faults of phase [`Phase::During`].
    pub fn flow(&mut self) -> Flow {
        self.0
            .as_mut()
            .map_or(Flow::STRAIGHT, |hit| hit.get_mut().flow())
    }

    /// Takes what the adapter itself is to do, once [`Phase::Before`] has been applied.
    ///
    /// Only adapters whose sites support faults that take hold of something ever get any.
    #[must_use]
    pub fn errands(&mut self) -> Vec<Errand> {
        self.0
            .as_mut()
            .map_or_else(Vec::new, |hit| hit.get_mut().take_errands())
    }

    /// Lets no failure come sooner than this from now, because the real one takes that long.
    ///
    /// What is held for it is let go when the experiment ends, and goes on to the real call.
    pub fn fail_after(&mut self, at_least: Duration) {
        if let Some(hit) = &mut self.0 {
            hit.get_mut().fail_from(delay::now().checked_add(at_least));
        }
    }

    /// Applies what is due at a phase: waits, then perhaps fails.
    ///
    /// Faults whose experiment has ended in the meantime are not applied, and a delay ends with its experiment.
    ///
    /// # Errors
    ///
    /// The fault that the caller is to see in place of the real call or its reply.
    ///
    /// # Panics
    ///
    /// When an experiment injects [`Fault::Panic`](crate::Fault::Panic).
    pub async fn apply(&mut self, phase: Phase) -> Result<(), InjectedFault> {
        poll_fn(|cx| self.poll_apply(phase, cx)).await
    }

    /// The poll form of [`apply`](Self::apply), for adapters whose futures are written by hand.
    #[inline]
    pub fn poll_apply(
        &mut self,
        phase: Phase,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), InjectedFault>> {
        match &mut self.0 {
            None => Poll::Ready(Ok(())),
            Some(hit) => hit.get_mut().poll_apply(phase, cx),
        }
    }
}
