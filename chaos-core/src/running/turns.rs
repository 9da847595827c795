//! Whose turn it is, by the pattern of a running experiment.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Running;
use crate::{Per, Scope, draw};

impl Running {
    /// Counts an eligible operation and says whether it is its turn.
    pub(crate) fn takes_turn(&self, draw: u64, scope: Option<&Scope>) -> bool {
        self.turn_falls(
            draw,
            scope,
            |turns| turns.fetch_add(1, Ordering::Relaxed),
            Scope::count_for,
        )
    }

    /// What `takes_turn` would say now, counting nothing.
    pub(crate) fn would_take_turn(&self, draw: u64, scope: Option<&Scope>) -> bool {
        self.turn_falls(
            draw,
            scope,
            |turns| turns.load(Ordering::Relaxed),
            Scope::peek_count,
        )
    }

    fn turn_falls(
        &self,
        draw: u64,
        scope: Option<&Scope>,
        in_all: impl FnOnce(&AtomicU64) -> u64,
        in_request: impl FnOnce(&Scope, u64) -> u64,
    ) -> bool {
        let Some(pattern) = self.experiment.traffic_pattern() else {
            return true;
        };
        let turn = match (pattern.per(), scope) {
            (Per::Request, Some(scope)) => in_request(scope, self.id),
            // Without a request to count in, each operation is a request of its own.
            (Per::Request, None) => 0,
            (Per::Operation, _) => in_all(&self.turns),
        };
        pattern.admits(turn, draw::again(draw))
    }
}
