//! The table of a manager: its sites and its experiments.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::active::Active;
use super::experiments::Experiments;
use super::matching::MOST_COMPARED;
use super::sites::Sites;
use super::start_policy::StartPolicy;
use super::start_request::StartRequest;
use crate::Experiment;
use crate::human;
use crate::running::Running;

/// Changed under one lock, without waits or user code while it is held.
#[derive(Default)]
pub(super) struct Table {
    pub(super) sites: Sites,
    /// Whether servers give their requests scopes.
    pub(super) is_scoping: bool,
    pub(super) running: Experiments,
    pub(super) ended: VecDeque<Arc<Running>>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) start_policy: StartPolicy,
    /// The number of times that experiments were allowed again.
    pub(super) resumes: u64,
    /// The number of watches over the outcomes at all sites.
    pub(super) outcome_watchers: usize,
}

/// An experiment that waits for a site to judge, and the journalled reason.
pub(super) struct Waiting {
    pub(super) experiment: Experiment,
    pub(super) request: StartRequest,
    pub(super) why: String,
}

impl Table {
    /// The number of settled experiments that are kept for `status` and `explain`.
    const REMEMBERED: usize = 64;

    /// Removes the experiments that have ended.
    pub(super) fn take_ended(&mut self) -> Vec<Active> {
        let names: Vec<_> = self
            .live()
            .filter(|running| running.end_reason().is_some())
            .map(|running| Arc::clone(&running.name))
            .collect();
        let ended: Vec<Active> = names
            .iter()
            .filter_map(|name| self.running.remove(name))
            .collect();
        self.ended
            .extend(ended.iter().map(|active| Arc::clone(&active.running)));
        ended
    }

    /// Adds an experiment; returns one of its name that has ended since ended ones were taken.
    pub(super) fn add(&mut self, active: Active) -> Option<Active> {
        let replaced = self.running.add(active);
        let ended = replaced.iter().map(|active| Arc::clone(&active.running));
        self.ended.extend(ended);
        replaced
    }

    /// Removes the oldest of too many settled experiments.
    pub(super) fn forget_settled(&mut self) -> Vec<Arc<Running>> {
        let mut surplus = self.ended.len().saturating_sub(Self::REMEMBERED);
        // `halted` waits for those that have not settled, so they stay.
        let (kept, forgotten) = std::mem::take(&mut self.ended)
            .into_iter()
            .partition(|running| {
                let forget = surplus > 0 && running.is_settled();
                surplus -= usize::from(forget);
                !forget
            });
        self.ended = kept;
        Vec::from_iter::<VecDeque<_>>(forgotten)
    }

    /// The registered service whose name is nearest to this one.
    pub(super) fn nearest_service(&self, service: &str) -> Option<String> {
        human::nearest(service, self.sites.services().take(MOST_COMPARED)).map(str::to_owned)
    }

    /// The number of starts, besides this one, of which an experiment is running.
    pub(super) fn starts_besides(
        &self,
        request: &StartRequest,
        counts: impl Fn(&Running) -> bool,
    ) -> usize {
        let open = self.live().filter(|running| running.is_open());
        let others = open.filter(|running| {
            running.batch != request.batch && !request.replaces.includes(running.id)
        });
        let batches: BTreeSet<_> = others
            .filter(|running| counts(running))
            .map(|running| running.batch)
            .collect();
        batches.len()
    }

    fn live(&self) -> impl Iterator<Item = &Arc<Running>> {
        self.running.all().map(|active| &active.running)
    }
}
