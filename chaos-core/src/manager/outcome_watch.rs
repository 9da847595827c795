//! Watches the outcomes at all sites, which costs something only meanwhile.

use std::fmt;
use std::sync::{Arc, Weak};

use super::inner::Inner;
use crate::outcomes::SiteOutcomes;

/// Watches the outcomes at all sites until it is dropped.
#[must_use = "outcomes are counted only while it exists"]
pub struct OutcomeWatch(Weak<Inner>);

impl Inner {
    pub(super) fn watch_outcomes(self: &Arc<Self>) -> OutcomeWatch {
        let mut table = self.table();
        table.outcome_watchers += 1;
        if table.outcome_watchers == 1 {
            for site in table.sites.all() {
                site.begin_outcomes();
                table.set_needs(site);
            }
        }
        OutcomeWatch(Arc::downgrade(self))
    }
}

impl OutcomeWatch {
    /// The outcomes of the last minute at the sites that had any.
    #[must_use]
    pub fn outcomes(&self) -> Vec<SiteOutcomes> {
        let Some(manager) = self.0.upgrade() else {
            return Vec::new();
        };
        let sites: Vec<_> = manager.table().sites.all().cloned().collect();
        let outcomes = sites.iter().filter_map(|site| {
            let windows = site.observers().windows.as_ref()?.read();
            (!windows.is_empty()).then(|| SiteOutcomes {
                service: site.service().to_string(),
                kind: site.kind(),
                windows,
            })
        });
        outcomes.collect()
    }
}

impl Drop for OutcomeWatch {
    fn drop(&mut self) {
        let Some(manager) = self.0.upgrade() else {
            return;
        };
        let mut table = manager.table();
        table.outcome_watchers -= 1;
        if table.outcome_watchers == 0 {
            for site in table.sites.all() {
                site.end_outcomes();
                table.set_needs(site);
            }
        }
    }
}

impl fmt::Debug for OutcomeWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeWatch").finish_non_exhaustive()
    }
}
