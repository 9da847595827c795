//! The running experiments of a manager, found by name and by the services that they concern.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::active::{Active, Concern};
use crate::running::Running;
use crate::site::SiteState;

/// The running experiments, in name order.
#[derive(Default)]
pub(super) struct Experiments {
    by_name: BTreeMap<Arc<str>, Active>,
    by_service: BTreeMap<String, BTreeSet<Arc<str>>>,
    /// Those that concern sites without naming their service.
    everywhere: BTreeSet<Arc<str>>,
}

impl Experiments {
    pub(super) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Active> {
        self.by_name.get(name)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Active> {
        self.by_name.values()
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Active> {
        self.by_name.values_mut()
    }

    /// Adds an experiment, and returns one of the same name that it replaces.
    #[must_use]
    pub(super) fn add(&mut self, active: Active) -> Option<Active> {
        let name = &active.running.name;
        let replaced = self.remove(name);
        for concern in active.concerns() {
            let concerning = match concern {
                Concern::Service(service) => self.by_service.entry(service.to_owned()).or_default(),
                Concern::AllServers | Concern::Everything => &mut self.everywhere,
            };
            concerning.insert(Arc::clone(name));
        }
        self.by_name.insert(Arc::clone(name), active);
        replaced
    }

    /// Lets an experiment strike, unless it has been removed.
    pub(super) fn activate(&mut self, running: &Arc<Running>) {
        if let Some(active) = self.by_name.get_mut(&running.name)
            && Arc::ptr_eq(&active.running, running)
        {
            active.is_activated = true;
        }
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Active> {
        let active = self.by_name.remove(name)?;
        for concern in active.concerns() {
            let Concern::Service(service) = concern else {
                self.everywhere.remove(name);
                continue;
            };
            if let Some(concerning) = self.by_service.get_mut(service) {
                concerning.remove(name);
                if concerning.is_empty() {
                    self.by_service.remove(service);
                }
            }
        }
        Some(active)
    }

    /// The experiments that may concern a site, in name order.
    pub(super) fn concerning(&self, site: &SiteState) -> Vec<&Active> {
        let naming = self.by_service.get(&**site.service());
        let mut names: Vec<_> = naming
            .into_iter()
            .flatten()
            .chain(&self.everywhere)
            .collect();
        names.sort_unstable();
        names.dedup();
        let active = names.into_iter().filter_map(|name| self.get(name));
        active.collect()
    }
}
