//! The strikes on one flow, in the order in which bytes pass them.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use super::piece::{Broken, Piece};
use super::strike::FlowStrike;
use super::verdict::{Next, Verdict};
use crate::decision::plan_cache::with_plan;
use crate::decision::struck_operation::StruckOperation;
use crate::delay::{self, Delay};
use crate::draw::stable_hash;
use crate::running::{Pass, admit};
use crate::site::{Exemption, Numbering};
use crate::{Operation, Phase, Scope};

/// What experiments do to one flow.
#[derive(Debug)]
pub(super) struct FlowStrikes {
    operation: StruckOperation,
    strikes: Vec<FlowStrike>,
    /// The version of the site's plan that was read last, and the experiments found in it up to then.
    version: u64,
    seen: Vec<u64>,
    waiting: Option<Waiting>,
    /// When a strike that holds the flow without a due time decides again.
    held_until: Option<Instant>,
    idle_since: Option<Instant>,
}

/// Bytes that wait until they are due or a strike is over.
struct Waiting {
    due: Option<Instant>,
    delays: Vec<Delay>,
}

impl FlowStrikes {
    pub(super) fn with(operation: StruckOperation, strikes: Vec<FlowStrike>) -> Self {
        let mut flow = Self::new(operation);
        for strike in strikes {
            flow.add(strike);
        }
        flow
    }

    pub(super) fn new(operation: StruckOperation) -> Self {
        Self {
            operation,
            strikes: Vec::new(),
            version: u64::MAX,
            seen: Vec::new(),
            waiting: None,
            held_until: None,
            idle_since: None,
        }
    }

    /// Adds a strike; those that break nothing come before those that do, so that delays add up before a failure.
    fn add(&mut self, strike: FlowStrike) {
        let at = match strike.breaks_nothing() {
            true => self.strikes.partition_point(FlowStrike::breaks_nothing),
            false => self.strikes.len(),
        };
        self.strikes.insert(at, strike);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.strikes.is_empty()
    }

    /// Whether the experiments of this version of the plan have been added.
    pub(super) fn has_seen(&self, version: u64) -> bool {
        self.version == version
    }

    pub(super) fn delays(&self) -> bool {
        let operation = &self.operation.name;
        self.strikes.iter().any(|strike| strike.delays(operation))
    }

    pub(super) fn alters(&self) -> bool {
        self.strikes.iter().any(FlowStrike::alters)
    }

    pub(super) fn alter(&self, bytes: &mut [u8]) {
        for strike in &self.strikes {
            strike.alter(bytes);
        }
    }

    pub(super) fn passed(&mut self, len: usize) {
        self.idle_since = None;
        for strike in &mut self.strikes {
            strike.passed(len);
        }
    }

    /// Adds each experiment of the plan that strikes the operation and was not seen before.
    pub(super) fn add_new(
        &mut self,
        version: u64,
        operation: &Operation<'_>,
        scope: Option<&Scope>,
    ) {
        self.version = version;
        let site = Arc::clone(&self.operation.site);
        let identity = site.draw_identity(operation, scope, Numbering::Next);
        let now = delay::now();
        let exemption = Exemption::of(&site, operation);
        with_plan(&site, |plan| {
            let seen_before = std::mem::take(&mut self.seen);
            for entry in plan.entries() {
                let Some(running) = entry.running() else {
                    continue;
                };
                // Experiments that left the plan are forgotten: a connection may outlive any number of them.
                self.seen.push(running.id);
                if seen_before.contains(&running.id)
                    || !matches!(entry.phase(), Phase::Before | Phase::During)
                    || !entry.meets(operation, scope, &exemption)
                {
                    continue;
                }
                let Some(draw) = entry.draws(identity) else {
                    continue;
                };
                if !FlowStrike::has_effects(&running) {
                    continue;
                }
                let admit = || admit(&running, draw, scope, now);
                let admission = match operation.connection() {
                    Some(connection) => connection.admission(&running, admit),
                    None => admit(),
                };
                match admission {
                    Ok(()) => {
                        let metrics = Arc::clone(entry.metrics());
                        // Each direction has draws of its own for its bytes.
                        let draw = draw ^ stable_hash(operation.name());
                        let strike = FlowStrike::new(running, metrics, draw);
                        self.add(strike.in_places(entry.places()));
                        self.idle_since = None;
                    }
                    Err(Pass::Expired) => running.expire(),
                    Err(Pass::NotAdmitted(_) | Pass::Pattern | Pass::Conforms) => {}
                }
            }
            if let Some(connection) = operation.connection() {
                connection.keep_only(&self.seen);
            }
        });
    }

    pub(super) fn schedule(&mut self, wanted: usize, arrived: Instant) -> Result<Piece, Broken> {
        let next = if wanted == 0 { Next::End } else { Next::Bytes };
        let piece = Piece {
            len: wanted,
            due: Some(arrived),
        };
        match self.plan(piece, next) {
            Verdict::Goes(piece) => Ok(piece),
            Verdict::Held { piece, until } => {
                self.held_until = until;
                Ok(piece)
            }
            Verdict::Broken(broken) => Err(broken),
        }
    }

    /// Asks the strikes in order, up to the first that lets nothing pass.
    fn plan(&mut self, mut piece: Piece, next: Next) -> Verdict {
        // All strikes, including those behind one that holds the bytes: the end of any of them ends the wait.
        let now = delay::now();
        self.strikes.retain(|strike| !strike.is_over(now));
        self.held_until = None;
        let mut at = 0;
        while let Some(strike) = self.strikes.get_mut(at) {
            match strike.plan(piece, next, &self.operation) {
                None => drop(self.strikes.remove(at)),
                Some(Verdict::Goes(planned)) => {
                    piece = planned;
                    at += 1;
                }
                Some(stops) => return stops,
            }
        }
        Verdict::Goes(piece)
    }

    pub(super) fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<Broken> {
        while self.strikes.iter().any(FlowStrike::acts_when_idle) {
            let since = *self.idle_since.get_or_insert_with(delay::now);
            let nothing = Piece {
                len: 0,
                due: Some(since),
            };
            match self.plan(nothing, Next::Idle) {
                Verdict::Goes(_) => break,
                Verdict::Held { until, .. } => ready!(self.poll_due(until, cx)),
                Verdict::Broken(broken) => return Poll::Ready(broken),
            }
        }
        Poll::Pending
    }

    pub(super) fn poll_due(&mut self, due: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        let due = due.or(self.held_until);
        let now = delay::now();
        if due.is_some_and(|due| due <= now)
            || self.strikes.iter().any(|strike| strike.is_over(now))
        {
            self.waiting = None;
            return Poll::Ready(());
        }
        if self.strikes.is_empty() {
            return Poll::Ready(());
        }
        if self
            .waiting
            .as_ref()
            .is_none_or(|waiting| waiting.due != due)
        {
            let delays = self
                .strikes
                .iter()
                .map(|strike| strike.delay_until(due, now))
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
