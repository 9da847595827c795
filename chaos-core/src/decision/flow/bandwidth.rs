//! Limits the bandwidth of a flow.

use std::time::{Duration, Instant};

use super::piece::Piece;
use crate::Bandwidth;

/// Tracks when the bandwidth of a flow is free.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct BandwidthPacer {
    free: Option<Instant>,
    begins: Option<Instant>,
}

/// How long unused bandwidth is kept: the duration of a piece.
const CATCH_UP: Duration = Duration::from_millis(20);

impl BandwidthPacer {
    /// Shortens a piece and delays it until the bandwidth is free; returns whether it has to wait.
    pub(super) fn pace(&mut self, bandwidth: &Bandwidth, piece: &mut Piece) -> bool {
        // A piece lasts a fiftieth of a second: fine enough to trickle, coarse enough to be cheap.
        let quantum = (bandwidth.per_second().get() / 50).max(1);
        piece.len = piece
            .len
            .min(usize::try_from(quantum).unwrap_or(usize::MAX));
        let Some(due) = piece.due else {
            return true;
        };
        // Bytes that are late, because timers are, may catch up by this much.
        let begins = match self.free {
            Some(free) => due.checked_sub(CATCH_UP).map_or(free, |due| due.max(free)),
            None => due,
        };
        self.begins = Some(begins);
        piece.due = Some(due.max(begins));
        begins > due
    }

    /// Counts bytes that have passed.
    pub(super) fn passed(&mut self, bandwidth: &Bandwidth, len: usize) {
        let Some(begins) = self.begins else {
            return;
        };
        let time = len as f64 / bandwidth.per_second().get() as f64;
        // A time beyond the end of the clock is as good as never.
        self.free = Duration::try_from_secs_f64(time)
            .ok()
            .and_then(|time| begins.checked_add(time));
        // The rest of the same piece begins here.
        self.begins = self.free;
    }
}
