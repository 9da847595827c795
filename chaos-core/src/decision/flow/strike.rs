//! What one experiment does to one flow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::bandwidth::BandwidthPacer;
use super::corruption::Corruption;
use super::loss::Losses;
use super::piece::{Breakage, Broken, Piece, later};
use super::slices::SlicePause;
use super::verdict::{End, Ending, Next, Verdict, Wish, breaks_when_idle, held};
use crate::decision::struck_operation::StruckOperation;
use crate::delay::{self, Delay, Due};
use crate::draw::Draws;
use crate::metrics::InjectionMetrics;
use crate::running::{Holder, Permit, Running};
use crate::site::{Counting, StreamPlaces};
use crate::{Disconnect, Failure, Fault, FaultKind};

/// What one experiment does to one flow; from its first effect on, it counts as injected and holds a permit.
#[derive(Debug)]
pub(in crate::decision) struct FlowStrike {
    running: Arc<Running>,
    metrics: Arc<InjectionMetrics>,
    permit: Option<Arc<Permit>>,
    places: StreamPlaces,
    draws: Draws,
    corruption: Option<Corruption>,
    losses: Option<Losses>,
    /// The number of bytes that have passed.
    offset: u64,
    /// When the previous bytes were due: later bytes never overtake them.
    due: Option<Instant>,
    bandwidth: BandwidthPacer,
    slices: SlicePause,
    /// When the timeout fires.
    times_out: Option<Due>,
    ending: Option<Ending>,
}

impl FlowStrike {
    pub(in crate::decision) fn new(
        running: Arc<Running>,
        metrics: Arc<InjectionMetrics>,
        draw: u64,
    ) -> Self {
        let faults = || running.experiment.faults().iter();
        Self {
            corruption: faults().find_map(|fault| Corruption::of(fault, draw)),
            losses: faults().find_map(|fault| Losses::of(fault, draw)),
            draws: Draws::following(draw),
            permit: None,
            places: StreamPlaces::Each,
            offset: 0,
            due: None,
            bandwidth: BandwidthPacer::default(),
            slices: SlicePause::default(),
            times_out: None,
            ending: None,
            running,
            metrics,
        }
    }

    /// Restricts it to the places where its experiment strikes a connection.
    pub(super) fn in_places(mut self, places: StreamPlaces) -> Self {
        self.places = places;
        self
    }

    /// Whether any fault of an experiment affects bytes.
    pub(super) fn has_effects(running: &Running) -> bool {
        running
            .experiment
            .faults()
            .iter()
            .any(|fault| crate::site::Support::FLOWS.includes(fault.kind(), crate::Phase::During))
    }

    /// Whether its experiment has ended; an expired experiment ends now.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        if self.running.has_expired(now) {
            self.running.expire();
        }
        !self.running.is_open()
    }

    pub(super) fn delays(&self, operation: &str) -> bool {
        let mut faults = self.running.experiment.faults().iter();
        !self.running.is_dry_run()
            && faults.any(|fault| {
                matches!(fault, Fault::Latency(_) | Fault::Loss(_))
                    && self.places.include_fault(fault, operation)
            })
    }

    pub(super) fn alters(&self) -> bool {
        self.corruption.is_some()
    }

    pub(super) fn alter(&self, bytes: &mut [u8]) {
        if let (Some(corruption), Some(_)) = (&self.corruption, &self.permit)
            && self.running.is_open()
        {
            corruption.strike(self.offset, bytes);
        }
    }

    pub(super) fn passed(&mut self, len: usize) {
        self.offset += len as u64;
        for fault in self.running.experiment.faults() {
            if let Fault::Bandwidth(bandwidth) = fault {
                self.bandwidth.passed(bandwidth, len);
            }
        }
        self.slices.passed();
    }

    /// Whether its experiment only delays or changes bytes.
    pub(super) fn breaks_nothing(&self) -> bool {
        !self
            .running
            .experiment
            .faults()
            .iter()
            .any(breaks_when_idle)
    }

    /// Whether it may break a flow on which nothing passes.
    pub(super) fn acts_when_idle(&self) -> bool {
        self.ending.is_some() || !self.breaks_nothing()
    }

    /// Returns a delay that ends when the bytes are due or the experiment releases them.
    pub(super) fn delay_until(&self, due: Option<Instant>, now: Instant) -> Delay {
        let wait = due.map_or(Duration::MAX, |due| due.saturating_duration_since(now));
        Delay::until_released(
            wait.min(self.running.time_left(now)),
            Arc::clone(&self.running.release),
        )
    }

    /// Decides about the bytes that the strikes before this one let pass as `piece`.
    ///
    /// Returns `None` once its experiment has ended, or has no room for this flow.
    pub(super) fn plan(
        &mut self,
        piece: Piece,
        next: Next,
        operation: &StruckOperation,
    ) -> Option<Verdict> {
        let now = delay::now();
        if let Some(ending) = self.ending {
            return Some(self.end(ending, next, operation, now));
        }
        let (wish, untreated) = match (self.running.is_dry_run(), next) {
            (true, Next::Bytes | Next::End) => (self.dry_wish(piece, next, &operation.name), piece),
            (_, Next::Idle) => {
                // Asked any number of times, so it must not use up draws.
                let (draws, due) = (self.draws.clone(), self.due);
                let wish = self.wish(piece, next, &operation.name);
                (self.draws, self.due) = (draws, due);
                if wish.end.is_none() && wish.holds.flatten().is_none() {
                    return Some(wish.idle());
                }
                (wish, piece)
            }
            (false, Next::Bytes | Next::End) => {
                let wish = self.wish(piece, next, &operation.name);
                let planned = wish.piece;
                (wish, planned)
            }
        };
        let Some(fault) = wish.fault else {
            return Some(Verdict::Goes(untreated));
        };
        if self.permit.is_none() && !self.begin(&wish, fault, operation, now) {
            return None;
        }
        Some(match (wish.end, wish.holds) {
            (Some(end), _) => {
                let due = wish.piece.due;
                let ending = *self.ending.insert(Ending { end, due });
                self.end(ending, next, operation, now)
            }
            (None, Some(until)) => held(next, until),
            (None, None) => Verdict::Goes(wish.piece),
        })
    }

    /// Breaks the flow once the delays before the failure are over.
    fn end(
        &self,
        Ending { end, due }: Ending,
        next: Next,
        operation: &StruckOperation,
        now: Instant,
    ) -> Verdict {
        if due.is_none_or(|due| due > now) {
            return held(next, due);
        }
        Verdict::Broken(Broken {
            how: end.how,
            fault: operation.injected_fault(&self.running, end.failure, None),
        })
    }

    /// Takes a permit and records the injection; returns false if the strike is over.
    fn begin(
        &mut self,
        wish: &Wish,
        fault: FaultKind,
        operation: &StruckOperation,
        now: Instant,
    ) -> bool {
        let Some((permit, counting)) = self.take_permit(operation) else {
            return false;
        };
        if !self.running.is_open() {
            // A waiter for the end may have seen the permit before it counted as idle; dropping it notifies the waiter.
            return false;
        }
        self.permit = Some(permit);
        if counting == Counting::Again {
            return !self.running.is_dry_run();
        }
        let delay = wish.piece.due.map_or_else(
            || self.running.time_left(now),
            |due| due.saturating_duration_since(now),
        );
        let failure = wish.end.map(|end| end.failure.to_string());
        let failure = failure.as_deref();
        operation.record_injection(&self.running, &self.metrics, fault, delay, failure);
        !self.running.is_dry_run()
    }

    /// Takes a permit, unless the experiment has struck the connection elsewhere and strikes it only once.
    fn take_permit(&self, operation: &StruckOperation) -> Option<(Arc<Permit>, Counting)> {
        let Some(connection) = &operation.connection else {
            let permit = Permit::take(&self.running, Holder::Idle).ok()?;
            return Some((Arc::new(permit), Counting::First));
        };
        if self.places == StreamPlaces::First
            && connection.is_struck_elsewhere(&self.running, &operation.name)
        {
            return None;
        }
        connection.share_permit(&self.running, &operation.name)
    }

    /// Returns what the faults would ask for the first bytes that they would affect.
    ///
    /// A dry run changes nothing, so bytes pass in larger pieces than they otherwise would.
    fn dry_wish(&mut self, piece: Piece, next: Next, operation: &str) -> Wish {
        let at = (self.offset, self.due, self.bandwidth, self.slices);
        let mut left = piece.len;
        let wish = loop {
            let wish = self.wish(Piece { len: left, ..piece }, next, operation);
            if wish.fault.is_some() || wish.piece.len >= left {
                break wish;
            }
            left -= wish.piece.len;
            self.passed(wish.piece.len);
        };
        (self.offset, self.due, self.bandwidth, self.slices) = at;
        wish
    }

    /// Asks the faults, latencies first, up to the first that breaks the flow.
    fn wish(&mut self, piece: Piece, next: Next, operation: &str) -> Wish {
        let mut wish = Wish {
            piece,
            end: None,
            holds: None,
            fault: None,
        };
        // The handle is cloned so that the faults can be read while `self` changes.
        let running = Arc::clone(&self.running);
        for (fault, _) in running.faults() {
            if self.places.include_fault(fault, operation) && self.apply(fault, next, &mut wish) {
                wish.fault.get_or_insert(fault.kind());
            }
            if wish.end.is_some() || wish.holds.is_some() {
                break;
            }
        }
        // Jitter does not reorder: later bytes are due no earlier.
        wish.piece.due = match (wish.piece.due, self.due) {
            (Some(due), Some(before)) => Some(due.max(before)),
            (due, _) => due,
        };
        if wish.piece.due.is_some() {
            self.due = wish.piece.due;
        }
        wish
    }

    /// Applies one fault to the wish; returns whether it has an effect.
    fn apply(&mut self, fault: &Fault, next: Next, wish: &mut Wish) -> bool {
        if next == Next::Idle && self.waits_for_bytes(fault) {
            wish.holds = Some(None);
            return false;
        }
        let piece = &mut wish.piece;
        let end = |how, failure| Some(End { how, failure });
        match fault {
            Fault::Latency(latency) => {
                let now = delay::now();
                let time = latency.sample(&mut self.draws, self.running.running_for(now));
                later(&mut piece.due, time);
                return !time.is_zero();
            }
            Fault::Error(failure) => wish.end = end(Breakage::Error, *failure),
            Fault::Timeout(hold) => {
                let arrived = piece.due;
                let strikes = *self
                    .times_out
                    .get_or_insert_with(|| Due::after(arrived.unwrap_or_else(delay::now), *hold));
                if strikes.has_come(delay::now()) {
                    wish.end = end(Breakage::Error, Failure::TimedOut);
                } else {
                    wish.holds = Some(strikes.instant());
                }
            }
            Fault::Disconnect(disconnect) => match *disconnect {
                Disconnect::Reset => wish.end = end(Breakage::Reset, Failure::Reset),
                // A flow that ends on its own needs no half close.
                Disconnect::HalfClose if next == Next::End => return false,
                Disconnect::HalfClose => wish.end = end(Breakage::HalfClosed, Failure::Closed),
                Disconnect::Stall => wish.holds = Some(None),
                Disconnect::ResetAfter(bytes) if self.reaches(bytes, piece) => {
                    wish.end = end(Breakage::Reset, Failure::Reset);
                }
                Disconnect::CutAfter(bytes) if self.reaches(bytes, piece) => {
                    wish.end = end(Breakage::Cut, Failure::Closed);
                }
                Disconnect::ResetAfter(_) | Disconnect::CutAfter(_) => return false,
            },
            // The others act on bytes.
            _ if next == Next::Idle => return false,
            Fault::Bandwidth(bandwidth) => return self.bandwidth.pace(bandwidth, piece),
            Fault::Corrupt(_) => {
                return self
                    .corruption
                    .as_ref()
                    .is_some_and(|corruption| corruption.reaches(self.offset, piece.len));
            }
            Fault::Slice(slice) => {
                return self.slices.cut(*slice, piece);
            }
            Fault::Loss(_) => {
                return match &mut self.losses {
                    Some(losses) => losses.strike(self.offset, piece),
                    None => false,
                };
            }
            // A flow has no call to replace, and these faults have no effect on bytes.
            Fault::RateLimit(_)
            | Fault::CircuitBreak(_)
            | Fault::ServerSleep(_)
            | Fault::HoldConnections(_)
            | Fault::HoldLock
            | Fault::Panic
            | Fault::Crash(_)
            | Fault::Exhaust(_) => return false,
        }
        true
    }

    /// Whether a failure of a named operation waits for bytes, so that a reset of `read` loses the reply of done work.
    fn waits_for_bytes(&self, fault: &Fault) -> bool {
        let at_once = match fault {
            Fault::Error(_) => true,
            Fault::Disconnect(disconnect) => matches!(
                disconnect,
                Disconnect::Reset
                    | Disconnect::HalfClose
                    | Disconnect::ResetAfter(0)
                    | Disconnect::CutAfter(0)
            ),
            _ => false,
        };
        at_once && self.places == StreamPlaces::Each
    }

    /// Limits the flow to `bytes` in total; returns whether they have passed.
    fn reaches(&self, bytes: u64, piece: &mut Piece) -> bool {
        let left = bytes.saturating_sub(self.offset);
        piece.len = piece.len.min(usize::try_from(left).unwrap_or(usize::MAX));
        left == 0
    }
}
