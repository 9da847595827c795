//! Cuts the bytes of a flow into slices that readers see one by one.

use std::time::{Duration, Instant};

use super::piece::Piece;
use crate::{Slice, delay};

/// The pause after a slice, in which a reader can take it: without one, the next slice would join it in a buffer.
const PAUSE: Duration = Duration::from_micros(100);

/// The pause between the slices of a flow.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct SlicePause {
    /// Whether bytes follow the piece that was planned last.
    cuts: bool,
    until: Option<Instant>,
}

impl SlicePause {
    /// Shortens a piece to a slice, and delays it until the pause is over; returns whether that has an effect.
    pub(super) fn cut(&mut self, slice: Slice, piece: &mut Piece) -> bool {
        let most = slice.size().get() as usize;
        self.cuts = piece.len > most;
        piece.len = piece.len.min(most);
        if let (Some(due), Some(until)) = (piece.due, self.until) {
            piece.due = Some(due.max(until));
        }
        self.cuts
    }

    /// Begins the pause after a slice has passed.
    pub(super) fn passed(&mut self) {
        let pause = self.cuts.then_some(PAUSE);
        self.until = pause.and_then(|pause| delay::now().checked_add(pause));
    }
}
