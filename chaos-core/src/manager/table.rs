//! The table of a manager: its sites and its experiments.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::matching::SiteMatch;
use super::start_policy::StartPolicy;
use crate::guardian::Watch;
use crate::human;
use crate::judge::Judge;
use crate::running::{Reach, Running};
use crate::site::{Needs, SitePlan, SiteState};
use crate::{Experiment, SiteKind};

/// Changed under one lock, without waits or user code while it is held.
#[derive(Default)]
pub(super) struct Table {
    pub(super) sites: BTreeMap<(Arc<str>, SiteKind), Arc<SiteState>>,
    pub(super) running: BTreeMap<Arc<str>, Active>,
    pub(super) ended: VecDeque<Arc<Running>>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) start_policy: StartPolicy,
    /// The number of times that experiments were allowed again.
    pub(super) resumes: u64,
}

/// A running experiment, its judges and its duties on the guardian's roster.
pub(super) struct Active {
    pub(super) running: Arc<Running>,
    pub(super) judges: Box<[Arc<Judge>]>,
    pub(super) watches: Vec<Watch>,
    pub(super) site_match: SiteMatch,
}

/// An experiment that waits for a site to judge, and the journalled reason.
pub(super) struct Waiting {
    pub(super) experiment: Experiment,
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
            .map(|running| Arc::clone(running.name()))
            .collect();
        let ended: Vec<Active> = names
            .iter()
            .filter_map(|name| self.running.remove(name))
            .collect();
        self.ended
            .extend(ended.iter().map(|active| Arc::clone(&active.running)));
        ended
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

    /// Gives new plans to the sites that these experiments concern, and new flags to all sites.
    pub(super) fn refresh(&self, changed: &[Changed<'_>]) {
        for site in self.sites.values() {
            let concerned = changed.iter().any(|(running, judges)| {
                running.selects(site) || judges.iter().any(|judge| judge.judges(site))
            });
            if concerned {
                self.plan(site);
            }
            self.set_needs(site);
        }
    }

    /// Compiles the plan of one site.
    pub(super) fn plan(&self, site: &SiteState) {
        let applicable = self.live().filter(|running| {
            !site.is_protected()
                && !running.is_placed()
                && running.reach() == Reach::Here
                && running.strikes_operations()
                && running.selects(site)
                && running.can_be_applied_at(site)
        });
        let plan = SitePlan::compile(site, applicable);
        site.follow(plan, self.judges_of(site));
    }

    /// Sets the needs of a site to those of the running experiments.
    pub(super) fn set_needs(&self, site: &SiteState) {
        let mut needs = 0;
        if !site.plan().entries().is_empty() {
            needs |= Needs::DECISION;
        }
        if !site.judges().is_empty() {
            needs |= Needs::OUTCOME;
        }
        // A request needs a key before its handler's sites can draw by it.
        if site.kind() == SiteKind::Server && !self.running.is_empty() {
            needs |= Needs::SCOPE;
        }
        site.set_needs(needs);
    }

    /// The registered service whose name is nearest to this one.
    pub(super) fn nearest_service(&self, service: &str) -> Option<String> {
        let services = self.sites.values().map(|site| &**site.service());
        human::nearest(service, services).map(str::to_owned)
    }

    fn live(&self) -> impl Iterator<Item = &Arc<Running>> {
        self.running.values().map(|active| &active.running)
    }

    fn judges_of(&self, site: &SiteState) -> Vec<Arc<Judge>> {
        self.running
            .values()
            .flat_map(|active| &active.judges)
            .filter(|judge| judge.judges(site))
            .cloned()
            .collect()
    }
}

/// An experiment that started or ended, with its judges.
pub(super) type Changed<'a> = (&'a Arc<Running>, &'a [Arc<Judge>]);

impl Active {
    pub(super) fn as_changed(&self) -> Changed<'_> {
        (&self.running, &self.judges)
    }
}
