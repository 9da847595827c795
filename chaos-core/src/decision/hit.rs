//! An operation that at least one experiment treats: what each does to it, and when.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use super::permit::{Holder, Permit};
use super::treatment::{Finish, Treatment};
use super::{Entry, Errand, Flow, InjectedFault, Pass, SitePlan, Task};
use crate::delay::{self, Delay};
use crate::draw::Identity;
use crate::journal::Injection;
use crate::metrics::InjectionMetrics;
use crate::running::Running;
use crate::site::SiteState;
use crate::{Operation, Phase, Scope};

/// An operation that at least one experiment treats.
#[derive(Debug)]
pub(super) struct Hit {
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
    pub(super) fn look_for(
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
        Self::add(hit, running, entry.metrics(), draw, site, operation, scope);
    }

    /// Adds what was placed at this very operation.
    #[cfg(feature = "explore")]
    pub(super) fn place(
        hit: &mut Option<Box<Self>>,
        running: Arc<Running>,
        site: &Arc<SiteState>,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
    ) {
        let metrics = Arc::new(InjectionMetrics::of(running.name(), site));
        // The same draw in every run: a placement says all there is to say.
        Self::add(hit, running, &metrics, 0, site, operation, scope);
    }

    /// Adds what an experiment does to an operation, if it admits it.
    fn add(
        hit: &mut Option<Box<Self>>,
        running: Arc<Running>,
        metrics: &Arc<InjectionMetrics>,
        draw: u64,
        site: &Arc<SiteState>,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
    ) {
        let now = delay::now();
        let part = running.admit(draw, scope, now).and_then(|()| {
            if running.experiment().strikes_in() == Phase::During {
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
                    metrics: Arc::clone(metrics),
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

    pub(super) fn is_applied(&self) -> bool {
        self.applied
    }

    pub(super) fn take_errands(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }

    /// Says when the real failure could come.
    pub(super) fn fail_from(&mut self, from: Option<Instant>) {
        self.fails_from = from;
    }

    pub(super) fn poll_apply(
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

    pub(super) fn flow(&mut self) -> Flow {
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
