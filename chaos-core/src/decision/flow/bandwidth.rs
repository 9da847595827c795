//! Limits the bandwidth of a flow.

use std::time::{Duration, Instant};

use super::piece::Piece;
use crate::{Bandwidth, delay};

/// Tracks when the bandwidth of a flow is free.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct BandwidthPacer {
    free: Option<Instant>,
    begins: Option<Instant>,
    passed: Option<Instant>,
}

/// How long unused bandwidth is kept: the duration of a piece.
const CATCH_UP: Duration = Duration::from_millis(20);
/// How late a flow that always has bytes may be without losing bandwidth.
const MOST_LATE: Duration = Duration::from_secs(1);

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
        let begins = match (self.free, self.passed) {
            (Some(free), Some(passed)) => {
                let kept = if due <= passed + CATCH_UP {
                    // The bytes were there when those before them had passed: only the wakeup was late.
                    passed.checked_sub(MOST_LATE)
                } else {
                    due.checked_sub(CATCH_UP)
                };
                kept.map_or(free, |kept| kept.max(free))
            }
            _ => due,
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
        self.passed = Some(delay::now());
    }
}
