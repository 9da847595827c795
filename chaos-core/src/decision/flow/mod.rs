//! Faults that strike bytes, rows or whatever else passes one after the other.
//!
//! A flow holds one [`Stage`] for each experiment that treats it. It says how many bytes may pass and when; the
//! adapter holds them back, and breaks what must break in the way of its own ecosystem.

mod corruption;
mod loss;
mod stage;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use stage::{Stage, Subject, Verdict};

use super::{Pass, plan_cache};
use crate::compiled::{Armed, compiled_in};
use crate::delay::{self, Delay};
use crate::draw::Identity;
use crate::metrics::InjectionMetrics;
use crate::running::Running;
use crate::site::SiteState;
use crate::{InjectedFault, Operation, Phase, Scope, Site};

/// The faults that strike what passes one byte after the other: a body, one direction of a connection.
///
/// The adapter asks [`schedule`](Self::schedule) before bytes pass, waits until they are due, changes them with
/// [`alter`](Self::alter) and tells with [`passed`](Self::passed) that they are gone. Whatever is held is let go when
/// its experiment ends, with nothing lost and nothing out of order.
#[derive(Debug, Default)]
#[must_use = "a flow does nothing unless it is asked"]
pub struct Flow(Option<Armed<Box<Stages>>>);

/// What may happen next with the bytes that want to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// How many of them may pass together; with none, wait until it is due, then ask again.
    pub len: usize,
    /// When; `None` is not before an experiment ends.
    pub due: Option<Instant>,
}

/// How a flow ends before its time.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The way in which it ends.
    pub how: Breakage,
    /// The fault, as a caller is told of it.
    pub fault: InjectedFault,
}

/// The way in which a flow ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breakage {
    /// The connection is reset.
    Reset,
    /// The connection is closed, as if all had been said.
    Cut,
    /// This direction is closed, the other goes on.
    HalfClosed,
    /// Only an error is reported.
    Error,
}

#[derive(Debug)]
struct Stages {
    site: Arc<SiteState>,
    operation: Box<str>,
    scope: Option<Scope>,
    stages: Vec<Stage>,
    /// The version of the site's plan that was looked at last, and the experiments found in it up to then.
    version: u64,
    seen: Vec<u64>,
    waiting: Option<Waiting>,
}

/// Bytes that wait until they are due, or until a stage is over.
struct Waiting {
    due: Option<Instant>,
    delays: Vec<Delay>,
}

impl Flow {
    /// A flow that nothing strikes.
    pub const STRAIGHT: Self = Self(None);

    /// True when nothing strikes it.
    #[inline]
    #[must_use]
    pub fn is_straight(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|stages| stages.get().stages.is_empty())
    }

    /// Lets the experiments strike that concern the operation and were not looked at yet, those that started since
    /// the last call included.
    ///
    /// For flows that live longer than an operation, such as connections. To them the operation has begun and is
    /// going on, so experiments of phase `Before` strike as those of `During` do.
    #[inline]
    pub fn follow(&mut self, site: &Site, operation: &Operation<'_>) {
        if site.needs().is_some_and(crate::Needs::decision) {
            self.look_again(site.state(), operation);
        } else {
            self.0 = None;
        }
    }

    fn look_again(&mut self, site: &Arc<SiteState>, operation: &Operation<'_>) {
        let version = site.version();
        if self
            .0
            .as_ref()
            .is_some_and(|stages| stages.get().version == version)
            || site.is_protected()
        {
            return;
        }
        let Some(compiled_in) = compiled_in() else {
            return;
        };
        operation.in_scope(|scope| {
            let stages = self
                .0
                .get_or_insert_with(|| {
                    Armed::new(Box::new(Stages::new(site, operation, scope)), compiled_in)
                })
                .get_mut();
            stages.version = version;
            stages.look_for(operation, scope);
        });
    }

    pub(super) fn of(
        site: &Arc<SiteState>,
        operation: &str,
        scope: Option<&Scope>,
        chosen: impl Iterator<Item = (Arc<Running>, Arc<InjectionMetrics>, u64)>,
    ) -> Self {
        let striking: Vec<Stage> = chosen
            .map(|(running, metrics, draw)| Stage::new(running, metrics, draw))
            .collect();
        if striking.is_empty() {
            return Self::STRAIGHT;
        }
        let mut stages = Stages::new(site, &Operation::new(operation), scope);
        stages.stages = striking;
        Self(compiled_in().map(|compiled_in| Armed::new(Box::new(stages), compiled_in)))
    }

    /// Says how many of the next `wanted` bytes, which were there at `arrived`, may pass, and when.
    ///
    /// Once it has named a number, all of those have to [pass](Self::passed) before it is asked again; only when
    /// [`poll_due`](Self::poll_due) returned before they were due, it may be asked again in their stead. With `wanted` 0
    /// it is the end of the flow that wants to pass: that has no length, and passes when it is due without asking
    /// again, unless that is `None`.
    ///
    /// # Errors
    ///
    /// When the flow ends here.
    pub fn schedule(&mut self, wanted: usize, arrived: Instant) -> Result<Piece, Broken> {
        match &mut self.0 {
            None => Ok(Piece {
                len: wanted,
                due: Some(arrived),
            }),
            Some(stages) => stages.get_mut().schedule(wanted, arrived),
        }
    }

    /// Waits until the time has come, or until a stage's experiment is over, whichever is first.
    pub fn poll_due(&mut self, due: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            None => Poll::Ready(()),
            Some(stages) => stages.get_mut().poll_due(due, cx),
        }
    }

    /// True when [`alter`](Self::alter) may change something.
    #[must_use]
    pub fn alters(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|stages| stages.get().stages.iter().any(Stage::alters))
    }

    /// Changes the next bytes as a corrupting fault wants them.
    pub fn alter(&self, bytes: &mut [u8]) {
        if let Some(stages) = &self.0 {
            for stage in &stages.get().stages {
                stage.alter(bytes);
            }
        }
    }

    /// Tells that this many bytes have passed; those of one piece may pass bit by bit.
    pub fn passed(&mut self, len: usize) {
        if let Some(stages) = &mut self.0 {
            for stage in &mut stages.get_mut().stages {
                stage.passed(len);
            }
        }
    }
}

impl Stages {
    fn new(site: &Arc<SiteState>, operation: &Operation<'_>, scope: Option<&Scope>) -> Self {
        Self {
            site: Arc::clone(site),
            operation: operation.name().into(),
            scope: scope.cloned(),
            stages: Vec::new(),
            version: u64::MAX,
            seen: Vec::new(),
            waiting: None,
        }
    }

    /// Adds a stage for each experiment that strikes the operation and was not looked at before.
    fn look_for(&mut self, operation: &Operation<'_>, scope: Option<&Scope>) {
        let site = Arc::clone(&self.site);
        let identity = Identity::of(operation.name(), scope, || site.next_in_sequence());
        let now = delay::now();
        plan_cache::with_plan(&site, |plan| {
            let seen_before = std::mem::take(&mut self.seen);
            for entry in plan.entries() {
                let Some(running) = entry.running() else {
                    continue;
                };
                // What is no longer in the plan is forgotten: a connection may outlive any number of experiments.
                self.seen.push(running.id());
                if seen_before.contains(&running.id()) {
                    continue;
                }
                if !matches!(entry.phase(), Phase::Before | Phase::During)
                    || entry.covers(&site, operation, scope).is_err()
                {
                    continue;
                }
                let Some(draw) = entry.draws(identity) else {
                    continue;
                };
                if !Stage::has_effects(&running) {
                    continue;
                }
                match running.admit(draw, scope, now) {
                    Ok(()) => {
                        let metrics = Arc::clone(entry.metrics());
                        self.stages.push(Stage::new(running, metrics, draw));
                    }
                    Err(Pass::Expired) => running.expire(),
                    Err(_) => {}
                }
            }
        });
    }

    fn schedule(&mut self, wanted: usize, arrived: Instant) -> Result<Piece, Broken> {
        let mut schedule = Piece {
            len: wanted,
            due: Some(arrived),
        };
        let subject = Subject {
            site: &self.site,
            operation: &self.operation,
            scope: self.scope.as_ref(),
        };
        // All of them, also those that one which holds comes before: waiting ends as soon as any is over.
        let now = delay::now();
        self.stages.retain(|stage| !stage.is_over(now));
        let mut at = 0;
        while let Some(stage) = self.stages.get_mut(at) {
            match stage.plan(schedule, &subject) {
                Verdict::Over => drop(self.stages.remove(at)),
                Verdict::Goes(planned) => {
                    schedule = planned;
                    // What one stage holds does not get to the next.
                    if schedule.len == 0 && wanted > 0 {
                        break;
                    }
                    at += 1;
                }
                Verdict::Broken(broken) => return Err(broken),
            }
        }
        Ok(schedule)
    }

    fn poll_due(&mut self, due: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        let now = delay::now();
        if due.is_some_and(|due| due <= now) || self.stages.iter().any(|stage| stage.is_over(now)) {
            self.waiting = None;
            return Poll::Ready(());
        }
        if self.stages.is_empty() {
            return Poll::Ready(());
        }
        if self
            .waiting
            .as_ref()
            .is_none_or(|waiting| waiting.due != due)
        {
            let delays = self
                .stages
                .iter()
                .map(|stage| stage.delay_until(due, now))
                .collect();
            self.waiting = Some(Waiting { due, delays });
        }
        let delays = self
            .waiting
            .iter_mut()
            .flat_map(|waiting| &mut waiting.delays);
        for delay in delays {
            if std::pin::Pin::new(delay).poll(cx).is_ready() {
                self.waiting = None;
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting")
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}
