//! The table of a manager: its sites and its experiments.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::seeking::Sought;
use crate::decision::SitePlan;
use crate::guardian::Watch;
use crate::judge::Judge;
use crate::running::{Reach, Running};
use crate::site::{Needs, SiteState};
use crate::{Experiment, SiteKind};

/// Changed under one lock, in which nothing waits and no user code runs.
#[derive(Default)]
pub(super) struct Control {
    pub(super) sites: BTreeMap<(Arc<str>, SiteKind), Arc<SiteState>>,
    pub(super) running: BTreeMap<Arc<str>, Kept>,
    pub(super) ended: VecDeque<Arc<Running>>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) order: Order,
    /// How often experiments have been allowed again.
    pub(super) resumes: u64,
}

/// A running experiment and what the guardian does for it.
pub(super) struct Kept {
    pub(super) running: Arc<Running>,
    pub(super) watches: Vec<Watch>,
    pub(super) sought: Sought,
}

/// An experiment that waits for a site that its conditions can judge, and what was told of that.
pub(super) struct Waiting {
    pub(super) experiment: Experiment,
    pub(super) why: String,
}

/// Whether experiments may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Order {
    #[default]
    Go,
    Halt,
    SwitchedOff,
}

impl Control {
    /// How many ended experiments are remembered for `status` and `explain`, once nothing of them is left.
    const REMEMBERED: usize = 64;

    /// Takes the experiments that have ended off the table.
    pub(super) fn take_ended(&mut self) -> Vec<Kept> {
        let ended: Vec<Kept> = self
            .running
            .extract_if(.., |_, kept| !kept.running.gate().is_open())
            .map(|(_, kept)| kept)
            .collect();
        self.ended
            .extend(ended.iter().map(|kept| Arc::clone(&kept.running)));
        let mut surplus = self.ended.len().saturating_sub(Self::REMEMBERED);
        // Who waits for quiet must not lose sight of what is not quiet yet.
        self.ended.retain(|running| {
            let forget = surplus > 0 && running.is_settled();
            surplus -= usize::from(forget);
            !forget
        });
        ended
    }

    /// Gives new plans to the sites that these experiments concern, and new flags to all.
    pub(super) fn refresh(&self, changed: &[&Arc<Running>]) {
        for site in self.sites.values() {
            let concerned = changed.iter().any(|running| {
                running.selects(site) || running.judges().iter().any(|judge| judge.judges(site))
            });
            if concerned {
                self.plan(site);
            }
            self.set_needs(site);
        }
    }

    /// Compiles the plan of one site.
    pub(super) fn plan(&self, site: &SiteState) {
        let concerns = self.live().filter(|running| {
            !site.is_protected()
                && !running.is_placed()
                && running.reach() == Reach::Here
                && running.strikes_operations()
                && running.selects(site)
                && running.can_be_applied_at(site)
        });
        let plan = SitePlan::compile(site, concerns);
        site.follow(plan, self.judges_of(site));
    }

    /// Sets what a site must do: no more than some running experiment needs of it.
    pub(super) fn set_needs(&self, site: &SiteState) {
        let mut needs = 0;
        if !site.plan().entries().is_empty() {
            needs |= Needs::DECISION;
        }
        if !site.judges().is_empty() {
            needs |= Needs::OUTCOME;
        }
        // A request's key must exist before the sites that its handler asks can draw by it.
        if site.kind() == SiteKind::Server && !self.running.is_empty() {
            needs |= Needs::SCOPE;
        }
        site.set_needs(needs);
    }

    fn live(&self) -> impl Iterator<Item = &Arc<Running>> {
        self.running.values().map(|kept| &kept.running)
    }

    fn judges_of(&self, site: &SiteState) -> Vec<Arc<Judge>> {
        self.live()
            .flat_map(|running| running.judges())
            .filter(|judge| judge.judges(site))
            .cloned()
            .collect()
    }
}
