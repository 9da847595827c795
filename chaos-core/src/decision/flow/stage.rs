//! What one experiment does to one flow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::corruption::Corruption;
use super::loss::Losses;
use super::{Breakage, Broken, Piece};
use crate::decision::permit::{Holder, Permit};
use crate::delay::{self, Delay};
use crate::draw::Draws;
use crate::journal::Injection;
use crate::metrics::InjectionMetrics;
use crate::running::Running;
use crate::site::SiteState;
use crate::{Disconnect, Failure, Fault, FaultKind, InjectedFault, Scope};

/// What one experiment does to one flow; from its first effect on it counts as injected and holds a permit.
#[derive(Debug)]
pub(super) struct Stage {
    running: Arc<Running>,
    metrics: Arc<InjectionMetrics>,
    permit: Option<Permit>,
    draws: Draws,
    corruption: Option<Corruption>,
    losses: Option<Losses>,
    /// How many bytes have passed.
    offset: u64,
    /// When the bytes before were due: those that follow never overtake them.
    due: Option<Instant>,
    /// When the bandwidth is free again, and when it was at the last look.
    free: Option<Instant>,
    begins: Option<Instant>,
    /// When a timeout strikes.
    times_out: Option<Instant>,
}

/// What a stage belongs to.
pub(super) struct Subject<'a> {
    pub(super) site: &'a Arc<SiteState>,
    pub(super) operation: &'a str,
    pub(super) scope: Option<&'a Scope>,
}

/// What a stage says to the bytes that want to pass.
pub(super) enum Verdict {
    Goes(Piece),
    Broken(Broken),
    /// Its experiment has ended, or has no room for this flow.
    Over,
}

/// How a stage wants a flow to end.
#[derive(Debug, Clone, Copy)]
struct End {
    how: Breakage,
    failure: Failure,
}

/// What a stage wants of the bytes that want to pass.
struct Wish {
    piece: Piece,
    end: Option<End>,
    /// The first fault that has something to do, if any has.
    fault: Option<FaultKind>,
}

impl Stage {
    pub(super) fn new(running: Arc<Running>, metrics: Arc<InjectionMetrics>, draw: u64) -> Self {
        let faults = || running.experiment().faults().iter();
        Self {
            corruption: faults().find_map(|fault| Corruption::of(fault, draw)),
            losses: faults().find_map(|fault| Losses::of(fault, draw)),
            draws: Draws::following(draw),
            permit: None,
            offset: 0,
            due: None,
            free: None,
            begins: None,
            times_out: None,
            running,
            metrics,
        }
    }

    /// Whether an experiment has anything to do with bytes that pass.
    pub(super) fn has_effects(running: &Running) -> bool {
        running
            .experiment()
            .faults()
            .iter()
            .any(|fault| crate::Support::FLOWS.includes(fault.kind(), crate::Phase::During))
    }

    /// Whether its experiment has ended; if only by the clock, it ends now.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        if self.running.has_expired(now) {
            self.running.expire();
        }
        !self.running.gate().is_open()
    }

    pub(super) fn alters(&self) -> bool {
        self.corruption.is_some()
    }

    pub(super) fn alter(&self, bytes: &mut [u8]) {
        if let (Some(corruption), Some(_)) = (&self.corruption, &self.permit)
            && self.running.gate().is_open()
        {
            corruption.strike(self.offset, bytes);
        }
    }

    pub(super) fn passed(&mut self, len: usize) {
        self.offset += len as u64;
        for fault in self.running.experiment().faults() {
            if let (Fault::Bandwidth(bandwidth), Some(begins)) = (fault, self.begins) {
                let time = len as f64 / bandwidth.per_second().get() as f64;
                // A time beyond the clock's end is as good as never.
                self.free = Duration::try_from_secs_f64(time)
                    .ok()
                    .and_then(|time| begins.checked_add(time));
                // Where the rest of the same piece begins.
                self.begins = self.free;
            }
        }
    }

    /// A delay that ends when the bytes are due, or when the experiment lets go of them.
    pub(super) fn delay_until(&self, due: Option<Instant>, now: Instant) -> Delay {
        let wait = due.map_or(Duration::MAX, |due| due.saturating_duration_since(now));
        Delay::until_released(
            wait.min(self.running.time_left(now)),
            Arc::clone(self.running.release()),
        )
    }

    /// Says what becomes of the bytes that the stages before let pass as `piece`.
    pub(super) fn plan(&mut self, piece: Piece, subject: &Subject<'_>) -> Verdict {
        let now = delay::now();
        let (wish, untreated) = if self.running.is_dry_run() {
            (self.dry_wish(piece), piece)
        } else {
            let wish = self.wish(piece);
            let planned = wish.piece;
            (wish, planned)
        };
        let Some(fault) = wish.fault else {
            return Verdict::Goes(untreated);
        };
        if self.permit.is_none() && !self.begin(&wish, fault, subject, now) {
            return Verdict::Over;
        }
        match wish.end {
            None => Verdict::Goes(wish.piece),
            Some(End { how, failure }) => Verdict::Broken(Broken {
                how,
                fault: InjectedFault::new(
                    failure,
                    None,
                    Arc::clone(self.running.name()),
                    Arc::clone(subject.site.service()),
                    subject.operation,
                ),
            }),
        }
    }

    /// Enters the experiment and makes the injection known; false if there is no entering.
    fn begin(
        &mut self,
        wish: &Wish,
        fault: FaultKind,
        subject: &Subject<'_>,
        now: Instant,
    ) -> bool {
        let Ok(permit) = Permit::take(&self.running, Holder::Idler) else {
            return false;
        };
        if !self.running.gate().is_open() {
            // Whoever waits for the end may have seen it inside before it counted as a flow; leaving tells them.
            return false;
        }
        let delay = wish.piece.due.map_or_else(
            || self.running.time_left(now),
            |due| due.saturating_duration_since(now),
        );
        Injection {
            running: &self.running,
            site: subject.site,
            operation: subject.operation,
            scope: subject.scope,
            fault: Some(fault),
            delay,
            failure: wish.end.map(|end| end.failure.to_string()),
        }
        .record(&self.metrics);
        self.permit = Some(permit);
        !self.running.is_dry_run()
    }

    /// What the faults would want of the first bytes that anything happens to.
    ///
    /// A dry run changes nothing, so the bytes pass in larger pieces than they otherwise would.
    fn dry_wish(&mut self, piece: Piece) -> Wish {
        let at = (self.offset, self.due, self.begins, self.free);
        let mut left = piece.len;
        let wish = loop {
            let wish = self.wish(Piece { len: left, ..piece });
            if wish.fault.is_some() || wish.piece.len >= left {
                break wish;
            }
            left -= wish.piece.len;
            self.passed(wish.piece.len);
        };
        (self.offset, self.due, self.begins, self.free) = at;
        wish
    }

    /// What the faults want, in their order; the first that ends the flow is the last to be asked.
    fn wish(&mut self, piece: Piece) -> Wish {
        let mut wish = Wish {
            piece,
            end: None,
            fault: None,
        };
        let wanted = piece.len;
        // Cloned as a handle, so that the faults can be read while the stage remembers.
        let running = Arc::clone(&self.running);
        for fault in running.experiment().faults() {
            if self.apply(fault, &mut wish) {
                wish.fault.get_or_insert(fault.kind());
            }
            let held = wish.piece.len == 0 && wanted > 0;
            if wish.end.is_some() || held {
                break;
            }
        }
        // Jitter does not reorder: what comes later is due no earlier.
        wish.piece.due = match (wish.piece.due, self.due) {
            (Some(due), Some(before)) => Some(due.max(before)),
            (due, _) => due,
        };
        if wish.piece.due.is_some() {
            self.due = wish.piece.due;
        }
        wish
    }

    /// Has one fault change what the stage wants; true if it has anything to do.
    fn apply(&mut self, fault: &Fault, wish: &mut Wish) -> bool {
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
                let strikes = *self.times_out.get_or_insert_with(|| {
                    let from = arrived.unwrap_or_else(delay::now);
                    from.checked_add(*hold).unwrap_or_else(|| from + FAR)
                });
                if strikes <= delay::now() {
                    wish.end = end(Breakage::Error, Failure::TimedOut);
                } else {
                    *piece = Piece {
                        len: 0,
                        due: Some(strikes),
                    };
                }
            }
            Fault::Disconnect(disconnect) => match *disconnect {
                Disconnect::Reset => wish.end = end(Breakage::Reset, Failure::Reset),
                // An end that comes by itself is none of theirs.
                Disconnect::HalfClose | Disconnect::CutAfter(_) if piece.len == 0 => return false,
                Disconnect::HalfClose => wish.end = end(Breakage::HalfClosed, Failure::Closed),
                Disconnect::Stall => *piece = Piece { len: 0, due: None },
                Disconnect::ResetAfter(bytes) if self.reaches(bytes, piece) => {
                    wish.end = end(Breakage::Reset, Failure::Reset);
                }
                Disconnect::CutAfter(bytes) if self.reaches(bytes, piece) => {
                    wish.end = end(Breakage::Cut, Failure::Closed);
                }
                Disconnect::ResetAfter(_) | Disconnect::CutAfter(_) => return false,
            },
            Fault::Bandwidth(bandwidth) => {
                // A piece a fiftieth of a second long: fine enough to trickle, coarse enough to be cheap.
                let quantum = (bandwidth.per_second().get() / 50).max(1);
                piece.len = piece
                    .len
                    .min(usize::try_from(quantum).unwrap_or(usize::MAX));
                let Some(due) = piece.due else {
                    return true;
                };
                // Who comes late, for timers are, may catch up with it as far as that.
                let begins = match self.free {
                    Some(free) => due.checked_sub(CATCH_UP).map_or(free, |due| due.max(free)),
                    None => due,
                };
                self.begins = Some(begins);
                piece.due = Some(due.max(begins));
                return begins > due;
            }
            Fault::Corrupt(_) => {
                return self
                    .corruption
                    .as_ref()
                    .is_some_and(|corruption| corruption.reaches(self.offset, piece.len));
            }
            Fault::Slice(slice) => {
                let most = slice.size().get() as usize;
                let cuts = piece.len > most;
                piece.len = piece.len.min(most);
                return cuts;
            }
            Fault::Loss(_) => {
                return match &mut self.losses {
                    Some(losses) => losses.strike(self.offset, piece),
                    None => false,
                };
            }
            _ => return false,
        }
        true
    }

    /// Lets no more than `bytes` pass in all; true once they have.
    fn reaches(&self, bytes: u64, piece: &mut Piece) -> bool {
        let left = bytes.saturating_sub(self.offset);
        piece.len = piece.len.min(usize::try_from(left).unwrap_or(usize::MAX));
        left == 0
    }
}

/// How long bandwidth that was not used is kept; as long as a piece takes.
const CATCH_UP: Duration = Duration::from_millis(20);

/// As good as never, and still before the end of the clock.
const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// Moves a time into the future; beyond the clock's end is never.
pub(super) fn later(due: &mut Option<Instant>, time: Duration) {
    *due = due.and_then(|due| due.checked_add(time));
}
