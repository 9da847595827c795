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
        let turn = turn(
            pattern,
            scope,
            |scope| scope.count_for(experiment_id),
            || self.0.fetch_add(1, Ordering::Relaxed),
        );
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
        let turn = turn(
            pattern,
            scope,
            |scope| scope.peek_count(experiment_id),
            || self.0.load(Ordering::Relaxed),
        );
        pattern.admits(turn, draw::again(draw))
    }
}

/// The turn of an operation, counted in its request or over all operations.
fn turn(
    pattern: &Pattern,
    scope: Option<&Scope>,
    in_request: impl FnOnce(&Scope) -> u64,
    over_all: impl FnOnce() -> u64,
) -> u64 {
    match (pattern.per(), scope) {
        (Per::Request, Some(scope)) => in_request(scope),
        // Without a request to count in, each operation is its own request.
        (Per::Request, None) => 0,
        (Per::Operation, _) => over_all(),
    }
}
