//! How the bytes of a flow pass, and how a flow breaks.

use std::time::{Duration, Instant};

use crate::InjectedFault;

/// How the next bytes of a flow pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// The number of bytes that may pass together; with 0, wait until it is due and ask again.
    pub len: usize,
    /// When they may pass; `None` means not before an experiment ends.
    pub due: Option<Instant>,
}

/// The early end of a flow.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The way in which it ends.
    pub how: Breakage,
    /// The fault, as its caller sees it.
    pub fault: InjectedFault,
}

/// The way in which a flow breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breakage {
    /// The connection is reset.
    Reset,
    /// The connection is closed cleanly, as if the flow were complete.
    Cut,
    /// This direction is closed, the other continues.
    HalfClosed,
    /// Only an error is reported.
    Error,
}

/// Moves a due time into the future; `None` stands for a time beyond the range of the clock.
pub(super) fn later(due: &mut Option<Instant>, time: Duration) {
    *due = due.and_then(|due| due.checked_add(time));
}
