//! What the faults of an experiment do to one operation.

use std::time::{Duration, Instant};

use super::WorkItem;
use crate::draw::Draws;
use crate::running::{FaultState, Pass, Running};
use crate::{Crash, Disconnect, Failure, Fault, FaultKind, SiteKind};

/// What an experiment does to an operation: a delay, then work for the adapter or an end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Effect {
    pub(super) delay: Duration,
    pub(super) end: Option<End>,
    /// Work for the adapter, unless the operation ends.
    pub(super) work: Vec<WorkItem>,
    /// The first fault that has an effect.
    pub(super) fault: FaultKind,
}

/// How an operation ends in place of its real call or reply.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Fail {
        failure: Failure,
        retry_after: Option<Duration>,
    },
    Panic,
    Crash(Crash),
}

/// The order of effects on one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    Delays,
    Ends,
    Works,
}

impl Effect {
    /// Adds up the delays of an experiment's faults; the first failure after its latencies wins.
    pub(super) fn of(
        running: &Running,
        draw: u64,
        site: SiteKind,
        now: Instant,
    ) -> Result<Self, Pass> {
        let Some(first) = running.experiment.faults().first() else {
            return Err(Pass::Conforms);
        };
        let mut effect = Self::nothing_by(first.kind());
        let mut draws = Draws::following(draw);
        for (fault, state) in running.faults() {
            if effect.is_nothing() {
                effect.fault = fault.kind();
            }
            effect.add(fault, state, site, &mut draws, running.running_for(now));
            if effect.end.is_some() {
                break;
            }
        }
        if effect.is_nothing() {
            return Err(Pass::Conforms);
        }
        Ok(effect)
    }

    fn nothing_by(fault: FaultKind) -> Self {
        Self {
            delay: Duration::ZERO,
            end: None,
            work: Vec::new(),
            fault,
        }
    }

    fn add(
        &mut self,
        fault: &Fault,
        state: &FaultState,
        site: SiteKind,
        draws: &mut Draws,
        running_for: Duration,
    ) {
        match fault {
            Fault::Latency(latency) => self.wait(latency.sample(draws, running_for)),
            Fault::Error(failure) => self.fail(*failure),
            Fault::Timeout(after) => {
                self.wait(*after);
                self.fail(Failure::TimedOut);
            }
            Fault::Disconnect(disconnect) => self.disconnect(*disconnect, site),
            Fault::RateLimit(_) | Fault::CircuitBreak(_) => {
                if let Some((failure, wait)) = state.refuse() {
                    self.end = Some(End::Fail {
                        failure,
                        retry_after: Some(wait),
                    });
                }
            }
            Fault::ServerSleep(latency) => {
                let sleep = latency.sample(draws, running_for);
                if !sleep.is_zero() {
                    self.work.push(WorkItem::ServerSleep(sleep));
                }
            }
            Fault::HoldConnections(connections) => {
                self.work.push(WorkItem::HoldConnections(*connections));
            }
            Fault::HoldLock => self.work.push(WorkItem::HoldLock),
            Fault::Panic => self.end = Some(End::Panic),
            Fault::Crash(crash) => self.end = Some(End::Crash(*crash)),
            // These strike the bytes of a flow.
            Fault::Bandwidth(_) | Fault::Corrupt(_) | Fault::Slice(_) | Fault::Loss(_) => {}
            // Pressure acts on the process, not on operations.
            Fault::Exhaust(_) => {}
        }
    }

    /// Where it comes among the effects of other experiments on the same operation.
    pub(super) fn order(&self) -> Order {
        match (&self.end, self.work.is_empty()) {
            (Some(_), _) => Order::Ends,
            (None, false) => Order::Works,
            (None, true) => Order::Delays,
        }
    }

    fn is_nothing(&self) -> bool {
        self.delay.is_zero() && self.end.is_none() && self.work.is_empty()
    }

    fn wait(&mut self, delay: Duration) {
        self.delay = self.delay.saturating_add(delay);
    }

    /// Breaks the operation's connection, as far as it exists already.
    fn disconnect(&mut self, disconnect: Disconnect, site: SiteKind) {
        match disconnect {
            Disconnect::Reset => self.fail(Failure::Reset),
            Disconnect::Stall => self.wait(Duration::MAX),
            // A stream that is being opened has no bytes yet; its flows break it later.
            Disconnect::ResetAfter(_) | Disconnect::CutAfter(_) | Disconnect::HalfClose
                if site == SiteKind::Stream => {}
            Disconnect::ResetAfter(_) => self.fail(Failure::Reset),
            Disconnect::CutAfter(_) | Disconnect::HalfClose => self.fail(Failure::Closed),
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.end = Some(End::Fail {
            failure,
            retry_after: None,
        });
    }
}

impl End {
    /// Returns its name in journals.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Fail { failure, .. } => failure.to_string(),
            Self::Panic => "panic".to_owned(),
            Self::Crash(_) => "crash".to_owned(),
        }
    }
}
