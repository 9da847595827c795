//! Experiments that match no site yet: what they wait for, and what they may mean.

use std::sync::Arc;

use super::control::Control;
use crate::Nearest;
use crate::journal::Event;
use crate::running::Running;
use crate::site::SiteState;

/// How like a name that is told unasked must be, from 0 to 1: sites of other services come and go.
const LIKE: f64 = 0.85;

/// Whether an experiment has found what it strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sought {
    /// There is a site that it matches, or it needs none.
    Found,
    /// It waits for one.
    Missing,
    /// It waits for one, and what may be meant was told.
    Hinted,
}

impl Control {
    /// Looks for a site that an experiment matches; if there is none, also says what to tell.
    pub(super) fn seek(&self, running: &Running) -> (Sought, Option<Event>) {
        if !running.strikes_operations() || self.sites.values().any(|site| running.selects(site)) {
            return (Sought::Found, None);
        }
        let nearest = self
            .sites
            .values()
            .filter_map(|site| near(running, site))
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, nearest)| nearest);
        let sought = match nearest {
            None => Sought::Missing,
            Some(_) => Sought::Hinted,
        };
        (sought, Some(unmatched(running, nearest)))
    }

    /// Has the experiments that match no site so far look at a new one, and says what to tell.
    pub(super) fn show(&mut self, site: &Arc<SiteState>) -> Vec<Event> {
        let mut events = Vec::new();
        for kept in self.running.values_mut() {
            let running = &kept.running;
            if kept.sought == Sought::Found || !running.gate().is_open() {
                continue;
            }
            if running.selects(site) {
                kept.sought = Sought::Found;
                events.push(Event::Matched {
                    experiment: running.name().to_string(),
                    service: site.service().to_string(),
                    kind: site.kind(),
                });
            } else if kept.sought == Sought::Missing
                && let Some((_, nearest)) = near(running, site)
            {
                kept.sought = Sought::Hinted;
                events.push(unmatched(running, Some(nearest)));
            }
        }
        events
    }
}

fn unmatched(running: &Running, nearest: Option<Nearest>) -> Event {
    Event::Unmatched {
        experiment: running.name().to_string(),
        selects: running.radius().to_string(),
        nearest,
    }
}

/// How like a site is to those that an experiment names, if it may be meant.
fn near(running: &Running, site: &SiteState) -> Option<(f64, Nearest)> {
    let radius = running.radius();
    let kind = site.kind();
    // Names such as `orders` and `orders-db` are alike on purpose.
    let same_kind = radius.kind().is_none_or(|wanted| wanted == kind);
    radius.services_named().into_iter().find_map(|named| {
        let service = site.service().to_string();
        if named == service {
            return Some((1.0, Nearest::OtherKind { service, kind }));
        }
        let likeness = strsim::jaro_winkler(named, &service);
        (same_kind && likeness > LIKE).then_some((likeness, Nearest::Named { service }))
    })
}
