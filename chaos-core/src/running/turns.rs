//! The position of an experiment in its traffic pattern.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::draw::{self, Numbering};
use crate::{Pattern, Per, Scope};

/// Counts the eligible operations of an experiment.
#[derive(Default)]
pub(crate) struct Turns(AtomicU64);

impl Turns {
    /// Returns whether the pattern strikes an operation, after counting it if `numbering` says so.
    #[inline]
    pub(super) fn strikes(
        &self,
        pattern: &Pattern,
        experiment_id: u64,
        draw: u64,
        scope: Option<&Scope>,
        numbering: Numbering,
    ) -> bool {
        let turn = match (pattern.per(), scope, numbering) {
            // Without a request to count in, each operation is its own request.
            (Per::Request, None, _) => 0,
            (Per::Request, Some(scope), Numbering::Next) => scope.count_for(experiment_id),
            (Per::Request, Some(scope), Numbering::Peek) => scope.peek_count(experiment_id),
            (Per::Operation, _, Numbering::Next) => self.0.fetch_add(1, Ordering::Relaxed),
            (Per::Operation, _, Numbering::Peek) => self.0.load(Ordering::Relaxed),
        };
        pattern.admits(turn, draw::again(draw))
    }
}
