//! What experiments do to one operation, and when.
//!
//! ```text
//! decided ──apply(phase)──▶ held by its delay ──▶ real call | adapter work | injected fault
//! ```

mod passed_over;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use super::adapter_work::AdapterWork;
use super::effect::{Effect, End};
use super::flow::FlowStrike;
use super::plan_cache::with_plan;
use super::struck_operation::StruckOperation;
use super::{Flow, InjectedFault};
use crate::blast_radius::RateOf;
use crate::delay::{self, Delay};
use crate::metrics::InjectionMetrics;
use crate::running::{FeltDelay, Holder, Pass, Permit, Running, admit};
use crate::site::{
    Counting, Entry, Exemption, MetOperation, Numbering, PlacedExperiment, SitePlan, SiteState,
};
use crate::{Failure, Operation, Phase, Scope};

/// What at least one experiment does to an operation.
#[derive(Debug)]
pub(super) struct Strikes {
    operation: StruckOperation,
    due: Vec<Strike>,
    held: Option<Held>,
    work: Vec<AdapterWork>,
    /// The earliest moment at which the real failure could come.
    fails_from: Option<Instant>,
    timeouts: Timeouts,
    applied: bool,
}

/// How an operation times out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Timeouts {
    /// By the failure of its experiment.
    #[default]
    Fail,
    /// By its caller's own limit: it is held until then.
    Hold,
}

/// What one experiment does to an operation.
#[derive(Debug)]
struct Strike {
    running: Arc<Running>,
    metrics: Arc<InjectionMetrics>,
    draw: u64,
    /// `None` for a strike on the bytes of the operation.
    effect: Option<Effect>,
}

/// A strike that has begun: the operation waits, and counts as affected by the fault.
struct Held {
    effect: Effect,
    delay: Delay,
    permit: Permit,
    /// Measures the delay, to the end or to where the operation is given up.
    felt: Option<FeltDelay>,
}

impl Strike {
    fn phase(&self) -> Phase {
        self.running.experiment.strikes_in()
    }
}

impl Strikes {
    /// Decides which experiments strike an operation.
    #[inline(never)]
    pub(super) fn on(site: &Arc<SiteState>, operation: &Operation<'_>) -> Option<Box<Self>> {
        // Tested first, so that nothing has to be kept for this test while the plan is read.
        if site.is_special() {
            return Self::on_special(site, operation);
        }
        operation
            .in_scope(|scope| with_plan(site, |plan| Self::collect(plan, site, operation, scope)))
    }

    /// Like [`on`](Self::on), for a site that is protected or has a witness, which may place experiments.
    #[cold]
    #[inline(never)]
    fn on_special(site: &Arc<SiteState>, operation: &Operation<'_>) -> Option<Box<Self>> {
        if site.is_protected() {
            return None;
        }
        operation.in_scope(|scope| {
            let mut strikes = with_plan(site, |plan| Self::collect(plan, site, operation, scope));
            let witness = site.witness()?;
            for placed in witness.meet(&MetOperation::new(site, operation, scope)) {
                Self::place(&mut strikes, placed, site, operation, scope);
            }
            strikes
        })
    }

    /// Collects the experiments of a plan that strike an operation.
    #[inline]
    fn collect(
        plan: &SitePlan,
        site: &Arc<SiteState>,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
    ) -> Option<Box<Self>> {
        let identity = site.draw_identity(operation, scope, Numbering::Next);
        site.watch_keys(plan, scope);
        let exemption = Exemption::of(site, operation);
        let mut strikes = None;
        for entry in plan.asked_by(operation) {
            let identity = match entry.rate_of() {
                RateOf::Operations => identity,
                RateOf::Transactions => operation.transaction_identity(identity),
            };
            match entry.draws(identity) {
                Some(draw) => {
                    let strikes = &mut strikes;
                    Self::consider(strikes, entry, draw, site, operation, scope, &exemption);
                }
                None => entry.passes(operation, scope, &exemption),
            }
        }
        strikes
    }

    /// Adds an experiment whose rate let the operation through.
    #[inline(never)]
    fn consider(
        strikes: &mut Option<Box<Self>>,
        entry: &Entry,
        draw: u64,
        site: &Arc<SiteState>,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
        exemption: &Exemption<'_>,
    ) {
        if !entry.meets(operation, scope, exemption) {
            return;
        }
        let Some(running) = entry.running() else {
            return;
        };
        if entry.rate_of() == RateOf::Transactions
            && let Some(transaction) = operation.transaction()
            && !transaction.is_undecided_by(&running)
        {
            return;
        }
        Self::add(
            strikes,
            running,
            entry.metrics(),
            draw,
            site,
            operation,
            scope,
        );
    }

    /// Adds an experiment that a witness placed at this operation.
    #[cold]
    fn place(
        strikes: &mut Option<Box<Self>>,
        PlacedExperiment(running): PlacedExperiment,
        site: &Arc<SiteState>,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
    ) {
        if running.spares(site.service()) {
            return;
        }
        let metrics = Arc::new(InjectionMetrics::of(
            &running.name,
            running.experiment.faults(),
            site,
        ));
        // The same draw in every run: the placement alone decides.
        Self::add(strikes, running, &metrics, 0, site, operation, scope);
    }

    /// Adds an experiment if it admits the operation.
    fn add(
        strikes: &mut Option<Box<Self>>,
        running: Arc<Running>,
        metrics: &Arc<InjectionMetrics>,
        draw: u64,
        site: &Arc<SiteState>,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
    ) {
        let now = delay::now();
        let admit = || admit(&running, draw, scope, now);
        let admission = match operation.connection() {
            Some(connection) if !running.is_placed() => connection.admission(&running, admit),
            _ => admit(),
        };
        let effect = admission.and_then(|()| {
            if running.experiment.strikes_in() == Phase::During {
                return Ok(None);
            }
            Effect::of(&running, draw, site.kind(), now).map(Some)
        });
        match effect {
            Ok(effect) => strikes
                .get_or_insert_with(|| Box::new(Self::new(site, operation, scope)))
                .due
                .push(Strike {
                    running,
                    metrics: Arc::clone(metrics),
                    draw,
                    effect,
                }),
            Err(Pass::Expired) => running.expire(),
            Err(pass) => running.meet(pass.bound()),
        }
    }

    fn new(site: &Arc<SiteState>, operation: &Operation<'_>, scope: Option<&Scope>) -> Self {
        Self {
            operation: StruckOperation::new(site, operation, scope),
            due: Vec::with_capacity(1),
            held: None,
            work: Vec::new(),
            fails_from: None,
            timeouts: Timeouts::default(),
            applied: false,
        }
    }

    pub(super) fn is_applied(&self) -> bool {
        self.applied
    }

    pub(super) fn take_work(&mut self) -> Vec<AdapterWork> {
        std::mem::take(&mut self.work)
    }

    /// Sets the earliest moment at which the real failure could come.
    pub(super) fn fail_from(&mut self, from: Option<Instant>) {
        self.fails_from = from;
    }

    /// Takes the strikes on the bytes of the operation.
    pub(super) fn take_flow(&mut self) -> Flow {
        let on_bytes = std::iter::from_fn(|| self.take_next(Phase::During))
            .map(|strike| FlowStrike::new(strike.running, strike.metrics, strike.draw))
            .collect::<Vec<_>>();
        if on_bytes.is_empty() {
            return Flow::STRAIGHT;
        }
        Flow::of(self.operation.clone(), on_bytes)
    }

    /// Holds an operation that is to time out, in place of failing it.
    pub(super) fn hold_timeouts(&mut self) {
        self.timeouts = Timeouts::Hold;
    }

    pub(super) fn poll_apply(
        &mut self,
        phase: Phase,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), InjectedFault>> {
        loop {
            if let Some(held) = &mut self.held {
                ready!(Pin::new(&mut held.delay).poll(cx));
                let held = self.held.take().expect("just polled");
                if let Some(fault) = self.end(held) {
                    return Poll::Ready(Err(fault));
                }
            }
            match self.take_next(phase) {
                None => return Poll::Ready(Ok(())),
                Some(strike) => self.begin(strike),
            }
        }
    }

    /// Takes the next strike of a phase: delays add up, then comes the first failure, and work only without one.
    fn take_next(&mut self, phase: Phase) -> Option<Strike> {
        let due = self.due.iter().enumerate();
        let of_phase = due.filter(|(_, strike)| strike.phase() == phase);
        let (at, _) =
            of_phase.min_by_key(|(_, strike)| strike.effect.as_ref().map(Effect::order))?;
        Some(self.due.remove(at))
    }

    /// Starts a strike, unless its experiment has ended or reached a cap in the meantime.
    fn begin(&mut self, strike: Strike) {
        // Left over when the flow was never taken: nothing to wait for.
        let Some(effect) = strike.effect else {
            return;
        };
        let running = &strike.running;
        let now = delay::now();
        if running.has_expired(now) {
            return running.expire();
        }
        let holder = match running.experiment.strikes_in() {
            Phase::NotReady => Holder::Idle,
            Phase::Before | Phase::During | Phase::After => Holder::Operation,
        };
        let connection = self.operation.connection.as_ref();
        let taken = match connection {
            Some(connection) => connection.take_permit(running, &self.operation.name, holder),
            None => Permit::take(running, holder)
                .ok()
                .map(|permit| (permit, Counting::First)),
        };
        let Some((permit, counting)) = taken else {
            return;
        };
        let mut delay = effect.delay;
        if let (Some(End::Fail { .. }), Some(from)) = (&effect.end, self.fails_from) {
            delay = delay.max(from.saturating_duration_since(now));
        }
        let times_out =
            matches!(&effect.end, Some(End::Fail { failure, .. }) if *failure == Failure::TimedOut);
        if times_out && self.timeouts == Timeouts::Hold {
            delay = Duration::MAX;
        }
        let injected = delay;
        let delay = injected.min(running.time_left(now));
        let failure = effect.end.as_ref().map(End::describe);
        let failure = failure.as_deref();
        if counting == Counting::First {
            self.operation
                .record_injection(running, &strike.metrics, effect.fault, delay, failure);
        }
        if running.is_dry_run() {
            // This end would have kept other dry runs from striking; live experiments continue.
            if effect.end.is_some() {
                self.pass_over(|strike| strike.running.is_dry_run());
            }
            return;
        }
        self.applied = true;
        self.held = Some(Held {
            delay: Delay::until_released(delay, Arc::clone(&running.release)),
            felt: FeltDelay::begin(running, now, injected),
            permit,
            effect,
        });
    }

    /// Ends a strike after its delay; it stays inside the gate until that is done.
    ///
    /// A released operation continues with the real call.
    fn end(&mut self, held: Held) -> Option<InjectedFault> {
        let Held {
            effect,
            permit,
            felt,
            ..
        } = held;
        drop(felt);
        let running = permit.running();
        if !running.is_open() || running.has_expired(delay::now()) {
            return None;
        }
        let Effect { end, work, .. } = effect;
        let Some(end) = end else {
            if !work.is_empty() {
                self.work.push(AdapterWork::new(work, permit));
            }
            return None;
        };
        self.pass_over(|_| true);
        self.work.clear();
        match end {
            End::Fail {
                failure,
                retry_after,
            } => Some(self.operation.injected_fault(running, failure, retry_after)),
            End::Panic => panic!(
                "injected panic (experiment `{}` at {}, {})",
                &running.name,
                self.operation.site.service(),
                self.operation.name
            ),
            End::Crash(crash) => running.crash(crash),
        }
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}
