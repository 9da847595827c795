//! The sites of a manager, found by service so that a start costs as much beside many sites as beside a few.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::active::{Changed, Concern, concerns};
use crate::judge::Judge;
use crate::site::SiteState;
use crate::{BlastRadius, Condition, SiteKind};

/// The sites of a manager, in the order of their services.
#[derive(Default)]
pub(super) struct Sites {
    by_service: BTreeMap<Arc<str>, BTreeMap<SiteKind, Arc<SiteState>>>,
    servers: Vec<Arc<SiteState>>,
    count: usize,
}

impl Sites {
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn get(&self, service: &str, kind: SiteKind) -> Option<&Arc<SiteState>> {
        self.by_service.get(service)?.get(&kind)
    }

    /// Adds a site, which replaces none.
    pub(super) fn add(&mut self, site: Arc<SiteState>) {
        if site.kind() == SiteKind::Server {
            self.servers.push(Arc::clone(&site));
        }
        let kinds = self.by_service.entry(Arc::clone(site.service()));
        kinds.or_default().insert(site.kind(), site);
        self.count += 1;
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<SiteState>> {
        self.by_service.values().flat_map(BTreeMap::values)
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &str> {
        self.by_service.keys().map(|service| &**service)
    }

    pub(super) fn servers(&self) -> &[Arc<SiteState>] {
        &self.servers
    }

    /// The sites that a radius selects.
    pub(super) fn selected_by<'a>(
        &'a self,
        radius: &'a BlastRadius,
    ) -> Box<dyn Iterator<Item = &'a Arc<SiteState>> + 'a> {
        let named = radius.services_named();
        let selects = |site: &&Arc<SiteState>| radius.selects(site.service(), site.kind());
        if named.is_empty() {
            return Box::new(self.all().filter(selects));
        }
        let sites = named.into_iter().flat_map(|service| self.of(service));
        Box::new(sites.filter(selects))
    }

    /// The sites whose outcomes a condition judges.
    pub(super) fn judged_by<'a>(
        &'a self,
        condition: &'a Condition,
    ) -> Box<dyn Iterator<Item = &'a Arc<SiteState>> + 'a> {
        let judges = |site: &&Arc<SiteState>| Judge::condition_judges(condition, site);
        match condition.site() {
            Some(service) => Box::new(self.of(service).filter(judges)),
            None => Box::new(self.servers.iter().filter(judges)),
        }
    }

    /// The sites that may be selected or judged by any of these experiments, each once.
    pub(super) fn of_concern(&self, experiments: &[Changed<'_>]) -> Vec<&Arc<SiteState>> {
        let mut services = BTreeSet::new();
        let mut servers = false;
        for concern in experiments.iter().copied().flat_map(concerns) {
            match concern {
                Concern::Everything => return self.all().collect(),
                Concern::AllServers => servers = true,
                Concern::Service(service) => drop(services.insert(service)),
            }
        }
        let named = services.iter().flat_map(|service| self.of(service));
        if !servers {
            return named.collect();
        }
        let others = named.filter(|site| site.kind() != SiteKind::Server);
        others.chain(&self.servers).collect()
    }

    /// The sites of one service.
    pub(super) fn of(&self, service: &str) -> impl Iterator<Item = &Arc<SiteState>> + use<'_> {
        let kinds = self.by_service.get(service);
        kinds.into_iter().flat_map(BTreeMap::values)
    }
}
