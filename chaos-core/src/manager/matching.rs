//! Experiments that match no site yet, and suggestions for misspelt names.

use std::sync::Arc;

use super::active::SiteMatch;
use super::settings::Settings;
use super::table::Table;
use crate::human;
use crate::journal::{Event, Nearest};
use crate::running::Running;
use crate::site::SiteState;

/// Similarity threshold, from 0 to 1, for unsolicited suggestions: sites of other services come and go.
const HINT_THRESHOLD: f64 = 0.85;

/// The most comparisons of names for a suggestion, as a start must not take long under the lock.
pub(super) const MOST_COMPARED: usize = 10_000;

impl Table {
    /// Looks for a site that an experiment matches; if there is none, also returns what to journal.
    pub(super) fn match_sites(&self, running: &Running) -> (SiteMatch, Option<Event>) {
        if !running.strikes_operations() || self.sites.selected_by(&running.radius).next().is_some()
        {
            return (SiteMatch::Found, None);
        }
        let named = running.radius.services_named();
        let most_sites = MOST_COMPARED / named.len().max(1);
        let of_another_kind = named.into_iter().flat_map(|service| self.sites.of(service));
        let nearest = of_another_kind
            .chain(self.sites.all().take(most_sites))
            .filter_map(|site| similarity(running, site))
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, nearest)| nearest);
        let site_match = match nearest {
            None => SiteMatch::Missing,
            Some(_) => SiteMatch::Hinted,
        };
        (site_match, Some(unmatched(running, nearest)))
    }

    /// Matches a new site with the experiments that match none so far, and returns what to journal.
    pub(super) fn match_new_site(&mut self, site: &Arc<SiteState>) -> Vec<Event> {
        let mut events = Vec::new();
        for active in self.running.all_mut() {
            let running = &active.running;
            if active.site_match == SiteMatch::Found || !running.is_open() {
                continue;
            }
            if running.selects(site) {
                active.site_match = SiteMatch::Found;
                events.push(Event::Matched {
                    experiment: running.name.to_string(),
                    service: site.service().to_string(),
                    kind: site.kind(),
                });
            } else if active.site_match == SiteMatch::Missing
                && let Some((_, nearest)) = similarity(running, site)
            {
                active.site_match = SiteMatch::Hinted;
                events.push(unmatched(running, Some(nearest)));
            }
        }
        events
    }

    /// What to journal about the protection of a service whose first site this is.
    pub(super) fn misspelt_protection_at(
        &self,
        settings: &Settings,
        site: &SiteState,
    ) -> Option<Event> {
        let service = site.service();
        if self.sites.of(service).next().is_some() {
            return None;
        }
        Some(Event::MisspeltProtection {
            protected: self.misspelt_protection(settings, service)?,
            service: service.to_string(),
        })
    }

    /// The protected name that no site has and that this service was probably meant by.
    pub(super) fn misspelt_protection(&self, settings: &Settings, service: &str) -> Option<String> {
        let is_known = settings.protected_names().any(|name| name == service);
        let misspelt = settings.protected_names().find(|protected| {
            human::is_slip(protected, service) && self.sites.of(protected).next().is_none()
        });
        misspelt.filter(|_| !is_known).map(str::to_owned)
    }
}

fn unmatched(running: &Running, nearest: Option<Nearest>) -> Event {
    Event::Unmatched {
        experiment: running.name.to_string(),
        selects: running.radius.to_string(),
        nearest,
    }
}

/// The similarity of a site to those that an experiment names, if it may be meant.
fn similarity(running: &Running, site: &SiteState) -> Option<(f64, Nearest)> {
    let radius = &running.radius;
    let kind = site.kind();
    // Names such as `orders` and `orders-db` are alike on purpose.
    let same_kind = radius.kind().is_none_or(|wanted| wanted == kind);
    radius.services_named().into_iter().find_map(|named| {
        let service = &**site.service();
        if named == service {
            let service = service.to_owned();
            return Some((1.0, Nearest::OtherKind { service, kind }));
        }
        let likeness = human::likeness(named, service);
        (same_kind && likeness > HINT_THRESHOLD).then(|| {
            let service = service.to_owned();
            (likeness, Nearest::Named { service })
        })
    })
}
