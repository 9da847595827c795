//! What a strike asks for, and what it decides.

use std::time::Instant;

use super::piece::{Breakage, Broken, Piece};
use crate::{Disconnect, Failure, Fault, FaultKind};

/// What a strike decides about the next bytes.
pub(super) enum Verdict {
    Goes(Piece),
    /// Nothing passes to the next strike, before `until` at the earliest.
    Held {
        piece: Piece,
        until: Option<Instant>,
    },
    Broken(Broken),
}

/// What is about to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Bytes,
    /// The end of the flow.
    End,
    /// Nothing, for now.
    Idle,
}

/// A failure that waits for the delays before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    pub(super) end: End,
    pub(super) due: Option<Instant>,
}

/// How a strike breaks a flow.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) how: Breakage,
    pub(super) failure: Failure,
}

/// What the faults of a strike ask for the next bytes.
pub(super) struct Wish {
    pub(super) piece: Piece,
    pub(super) end: Option<End>,
    /// Set if nothing passes for now: until when, if that is known.
    pub(super) holds: Option<Option<Instant>>,
    /// The first fault that has an effect, if any has.
    pub(super) fault: Option<FaultKind>,
}

impl Wish {
    /// The verdict while nothing passes, if it breaks nothing.
    pub(super) fn idle(self) -> Verdict {
        match self.holds {
            Some(until) => held(Next::Idle, until),
            None => Verdict::Goes(self.piece),
        }
    }
}

/// The verdict of a strike that lets nothing pass.
pub(super) fn held(next: Next, until: Option<Instant>) -> Verdict {
    let due = match next {
        Next::Bytes => until,
        // Without bytes, what is due would pass.
        Next::End | Next::Idle => None,
    };
    let piece = Piece { len: 0, due };
    Verdict::Held { piece, until }
}

/// Whether a fault breaks a flow on which nothing passes.
pub(super) fn breaks_when_idle(fault: &Fault) -> bool {
    match fault {
        Fault::Error(_) | Fault::Timeout(_) => true,
        Fault::Disconnect(disconnect) => *disconnect != Disconnect::Stall,
        _ => false,
    }
}
