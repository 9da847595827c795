//! Compiles the plans of the sites that experiments concern.

use super::active::Changed;
use super::table::Table;
use crate::SiteKind;
use crate::running::{Reach, Running};
use crate::site::{Needs, SitePlan, SiteState};

impl Table {
    /// Gives new plans to the sites that these experiments concern.
    pub(super) fn refresh(&mut self, changed: &[Changed<'_>]) {
        let was_scoping = std::mem::replace(&mut self.is_scoping, !self.running.is_empty());
        for site in self.sites.of_concern(changed) {
            self.plan(site);
        }
        if self.is_scoping != was_scoping {
            for server in self.sites.servers() {
                self.set_needs(server);
            }
        }
    }

    /// Compiles the plan of one site, and sets its needs.
    pub(super) fn plan(&self, site: &SiteState) {
        let concerning = self.running.concerning(site);
        let applicable = concerning
            .iter()
            .filter(|active| active.is_activated)
            .map(|active| &active.running)
            .filter(|running| !site.is_protected() && applies(running, site));
        let judges = concerning
            .iter()
            .flat_map(|active| &active.judges)
            .filter(|judge| judge.judges(site));
        site.follow(
            SitePlan::compile(site, applicable),
            judges.cloned().collect(),
        );
        self.set_needs(site);
    }

    /// Sets the needs of a site to those of the running experiments.
    pub(super) fn set_needs(&self, site: &SiteState) {
        let mut needs = 0;
        if !site.plan().entries().is_empty() {
            needs |= Needs::DECISION;
        }
        if !site.observers().is_empty() {
            needs |= Needs::OUTCOME;
        }
        // A request needs a key before its handler's sites can draw by it.
        if site.kind() == SiteKind::Server && self.is_scoping {
            needs |= Needs::SCOPE;
        }
        site.set_needs(needs);
    }
}

fn applies(running: &Running, site: &SiteState) -> bool {
    !running.is_placed()
        && running.reach == Reach::Here
        && running.strikes_operations()
        && running.selects(site)
        && running.can_be_applied_at(site)
        && !running.spares(site.service())
}
