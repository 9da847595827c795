//! Decisions: what is done to an operation, and doing it.
//!
//! Eligibility is a pure function of plan, operation and draw ([`plan`]); admission counts ([`admission`]); what is
//! left is applied by the adapter, phase by phase, under no lock.

mod admission;
mod errand;
mod flow;
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
use std::time::{Duration, Instant};

pub(crate) use admission::Pass;
pub use errand::{Errand, Task};
pub use flow::{Breakage, Broken, Flow, Piece};
pub use injected_fault::InjectedFault;
pub(crate) use limits::Memory;
use permit::{Holder, Permit};
pub(crate) use plan::{Entry, Miss, SitePlan};
use treatment::{Finish, Treatment};

use crate::compiled::{Armed, compiled_in};
use crate::delay::{self, Delay};
use crate::draw::Identity;
use crate::journal::Injection;
use crate::metrics::InjectionMetrics;
use crate::running::Running;
use crate::site::SiteState;
use crate::{Operation, Phase, Scope};

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
            plan_cache::with_plan(site, |plan| Hit::look_for(plan, site, operation, scope))
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
        self.0.as_ref().is_some_and(|hit| hit.get().applied)
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
            .map_or_else(Vec::new, |hit| std::mem::take(&mut hit.get_mut().errands))
    }

    /// Lets no failure come sooner than this from now, because the real one takes that long.
    ///
    /// What is held for it is let go when the experiment ends, and goes on to the real call.
    pub fn fail_after(&mut self, at_least: Duration) {
        if let Some(hit) = &mut self.0 {
            hit.get_mut().fails_from = delay::now().checked_add(at_least);
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

/// An operation that at least one experiment treats.
#[derive(Debug)]
struct Hit {
    site: Arc<SiteState>,
    operation: Box<str>,
    scope: Option<Scope>,
    chosen: Vec<Chosen>,
    holding: Option<Holding>,
    errands: Vec<Errand>,
    /// When the real failure could come.
    fails_from: Option<Instant>,
    applied: bool,
}

#[derive(Debug)]
struct Chosen {
    running: Arc<Running>,
    metrics: Arc<InjectionMetrics>,
    part: Part,
}

/// What an experiment does to an operation, by when it does it.
#[derive(Debug)]
enum Part {
    /// Before or after it, once.
    Treatment(Treatment),
    /// In its midst, to each of its bytes by this draw.
    Flow(u64),
}

struct Holding {
    delay: Delay,
    permit: Permit,
    finish: Option<Finish>,
    tasks: Vec<Task>,
}

impl Hit {
    /// Finds the experiments that treat an operation.
    #[inline]
    fn look_for(
        plan: &SitePlan,
        site: &Arc<SiteState>,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
    ) -> Option<Box<Self>> {
        let identity = Identity::of(operation.name(), scope, || site.next_in_sequence());
        let mut hit = None;
        for entry in plan.asked_by(operation) {
            if let Some(draw) = entry.draws(identity) {
                Self::consider(&mut hit, entry, draw, site, operation, scope);
            }
        }
        hit
    }

    /// Adds what an experiment does to an operation that its rate let through.
    #[inline(never)]
    fn consider(
        hit: &mut Option<Box<Self>>,
        entry: &Entry,
        draw: u64,
        site: &Arc<SiteState>,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
    ) {
        if entry.covers(site, operation, scope).is_err() {
            return;
        }
        let Some(running) = entry.running() else {
            return;
        };
        let now = delay::now();
        let part = running.admit(draw, scope, now).and_then(|()| {
            if entry.phase() == Phase::During {
                return Ok(Part::Flow(draw));
            }
            let treatment = running.treatment(draw, site.kind(), now)?;
            Ok(Part::Treatment(treatment))
        });
        match part {
            Ok(part) => hit
                .get_or_insert_with(|| Box::new(Self::new(site, operation, scope)))
                .chosen
                .push(Chosen {
                    running,
                    metrics: Arc::clone(entry.metrics()),
                    part,
                }),
            Err(Pass::Expired) => running.expire(),
            Err(_) => {}
        }
    }

    fn new(site: &Arc<SiteState>, operation: &Operation<'_>, scope: Option<&Scope>) -> Self {
        Self {
            site: Arc::clone(site),
            operation: operation.name().into(),
            scope: scope.cloned(),
            chosen: Vec::with_capacity(1),
            holding: None,
            errands: Vec::new(),
            fails_from: None,
            applied: false,
        }
    }

    fn poll_apply(
        &mut self,
        phase: Phase,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), InjectedFault>> {
        loop {
            if let Some(holding) = &mut self.holding {
                std::task::ready!(std::pin::Pin::new(&mut holding.delay).poll(cx));
                let holding = self.holding.take().expect("just polled");
                if let Some(fault) = self.end(holding) {
                    return Poll::Ready(Err(fault));
                }
            }
            let Some(chosen) = self.take_next(phase) else {
                return Poll::Ready(Ok(()));
            };
            if let Part::Treatment(treatment) = chosen.part {
                self.begin(&chosen.running, &chosen.metrics, treatment);
            }
        }
    }

    fn take_next(&mut self, phase: Phase) -> Option<Chosen> {
        let at = self
            .chosen
            .iter()
            .position(|chosen| chosen.running.experiment().strikes_in() == phase)?;
        Some(self.chosen.remove(at))
    }

    fn flow(&mut self) -> Flow {
        let chosen = std::iter::from_fn(|| {
            let at = self
                .chosen
                .iter()
                .position(|chosen| matches!(chosen.part, Part::Flow(_)))?;
            let chosen = self.chosen.remove(at);
            match chosen.part {
                Part::Flow(draw) => Some((chosen.running, chosen.metrics, draw)),
                Part::Treatment(_) => None,
            }
        });
        Flow::of(&self.site, &self.operation, self.scope.as_ref(), chosen)
    }

    /// Starts a treatment, unless its experiment has ended or a cap is reached by now.
    fn begin(&mut self, running: &Arc<Running>, metrics: &InjectionMetrics, treatment: Treatment) {
        let Treatment {
            mut delay,
            finish,
            tasks,
            fault,
        } = treatment;
        let now = delay::now();
        if running.has_expired(now) {
            return running.expire();
        }
        let holder = match running.experiment().strikes_in() {
            Phase::NotReady => Holder::Idler,
            _ => Holder::Operation,
        };
        let Ok(permit) = Permit::take(running, holder) else {
            return;
        };
        if let (Some(Finish::Fail { .. }), Some(from)) = (&finish, self.fails_from) {
            delay = delay.max(from.saturating_duration_since(now));
        }
        let delay = delay.min(running.time_left(now));
        let injection = Injection {
            running,
            site: &self.site,
            operation: &self.operation,
            scope: self.scope.as_ref(),
            fault,
            delay,
            failure: finish.as_ref().map(Finish::describe),
        };
        injection.record(metrics);
        if running.is_dry_run() {
            // It would have ended the operation for those that are as dry; the others know nothing of it.
            if finish.is_some() {
                self.chosen.retain(|chosen| !chosen.running.is_dry_run());
            }
            return;
        }
        self.applied = true;
        self.holding = Some(Holding {
            delay: Delay::until_released(delay, Arc::clone(running.release())),
            permit,
            finish,
            tasks,
        });
    }

    /// Ends a treatment whose wait is over, inside the gate until that is done.
    ///
    /// What was released in the meantime goes on to the real call.
    fn end(&mut self, holding: Holding) -> Option<InjectedFault> {
        let Holding {
            permit,
            finish,
            tasks,
            ..
        } = holding;
        let running = permit.running();
        if !running.gate().is_open() || running.has_expired(delay::now()) {
            return None;
        }
        let Some(finish) = finish else {
            if !tasks.is_empty() {
                self.errands.push(Errand::new(tasks, permit));
            }
            return None;
        };
        self.chosen.clear();
        self.errands.clear();
        match finish {
            Finish::Fail {
                failure,
                retry_after,
            } => Some(InjectedFault::new(
                failure,
                retry_after,
                Arc::clone(running.name()),
                Arc::clone(self.site.service()),
                &self.operation,
            )),
            Finish::Panic => panic!(
                "injected panic (experiment `{}` at {}, {})",
                running.name(),
                self.site.service(),
                self.operation
            ),
            Finish::Crash(crash) => running.crash(crash),
        }
    }
}

impl std::fmt::Debug for Holding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holding")
            .field("finish", &self.finish)
            .finish_non_exhaustive()
    }
}
