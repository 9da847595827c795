//! Several tries of one set of faults, for a test whose operations vary in their order.

use crate::placement::Placement;
use crate::search::Search;
use crate::trial::result::TrialResult;

impl Search<'_> {
    /// Tries each set as often as it is configured, and returns what the tries have shown; `None` after the time limit.
    pub(super) fn try_sets<'s>(
        &mut self,
        sets: impl Iterator<Item = &'s [Placement]>,
    ) -> Vec<Option<Tries>> {
        let tries = self.limits.tries.get();
        let sets: Vec<_> = sets.collect();
        let repeated = sets
            .iter()
            .flat_map(|set| (0..tries).map(|_| self.trial(set)));
        let trials: Vec<_> = repeated.collect();
        let mut results = self.run_all(&trials).into_iter();
        let of_sets = sets.iter().map(|set| {
            let of_set: Vec<_> = results.by_ref().take(tries).flatten().collect();
            Tries::new(of_set, set, tries)
        });
        of_sets.collect()
    }
}

/// The results of one set's tries.
pub(super) struct Tries {
    /// The result that shows the most: the first failure, or else one in which every fault was injected.
    pub(super) telling: TrialResult,
    pub(super) others: Vec<TrialResult>,
}

impl Tries {
    /// Returns `None` if the tries are not complete and none has failed.
    fn new(mut results: Vec<TrialResult>, set: &[Placement], tries: usize) -> Option<Self> {
        let rank = |result: &TrialResult| match () {
            () if result.has_only_tasks_left() => 1,
            () if result.has_failed() => 0,
            () if result.has_injected(set) => 2,
            () if result.has_reached(set) => 3,
            () => 4,
        };
        let (at, _) = results
            .iter()
            .enumerate()
            .min_by_key(|(_, result)| rank(result))?;
        let telling = results.remove(at);
        let is_complete = results.len() + 1 == tries;
        (is_complete || telling.has_failed()).then_some(Self {
            telling,
            others: results,
        })
    }
}
