//! The position of an experiment in its traffic pattern.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Pattern, Per, Scope, draw};

/// Counts the eligible operations of an experiment.
#[derive(Default)]
pub(crate) struct Turns(AtomicU64);

impl Turns {
    /// Counts an operation and returns whether the pattern strikes it.
    pub(super) fn take(
        &self,
        pattern: &Pattern,
        experiment_id: u64,
        draw: u64,
        scope: Option<&Scope>,
    ) -> bool {
        let turn = match (pattern.per(), scope) {
            (Per::Request, Some(scope)) => scope.count_for(experiment_id),
            // Without a request to count in, each operation is its own request.
            (Per::Request, None) => 0,
            (Per::Operation, _) => self.0.fetch_add(1, Ordering::Relaxed),
        };
        pattern.admits(turn, draw::again(draw))
    }

    /// What `take` would return now, without counting.
    pub(super) fn peek(
        &self,
        pattern: &Pattern,
        experiment_id: u64,
        draw: u64,
        scope: Option<&Scope>,
    ) -> bool {
        let turn = match (pattern.per(), scope) {
            (Per::Request, Some(scope)) => scope.peek_count(experiment_id),
            (Per::Request, None) => 0,
            (Per::Operation, _) => self.0.load(Ordering::Relaxed),
        };
        pattern.admits(turn, draw::again(draw))
    }
}
