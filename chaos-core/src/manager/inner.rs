//! What all clones of a manager share, and the registration of sites.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::control::{Control, Kept, Order};
use crate::guardian::Watch;
use crate::journal::Event;
use crate::running::Mode;
use crate::services::Services;
use crate::site::{Protection, SiteState};
use crate::{SiteKind, Support};

/// What all clones of a manager share.
pub(crate) struct Inner {
    services: Arc<Services>,
    pub(super) mode: Mode,
    control: Mutex<Control>,
    pub(super) halt_file: Mutex<Option<Watch>>,
}

/// Where an experiment comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Code,
    File,
    /// An exploration, which says itself which operation is struck.
    #[cfg(feature = "explore")]
    Exploration,
}

impl Origin {
    /// Whether experiments of that origin make pressures: an exploration places faults at operations.
    pub(super) fn presses(self) -> bool {
        #[cfg(feature = "explore")]
        return self != Self::Exploration;
        #[cfg(not(feature = "explore"))]
        true
    }
}

impl Inner {
    pub(super) fn new(services: Services, mode: Mode, order: Order) -> Arc<Self> {
        Arc::new(Self {
            services: Arc::new(services),
            mode,
            control: Mutex::new(Control {
                order,
                ..Control::default()
            }),
            halt_file: Mutex::new(None),
        })
    }

    pub(crate) fn services(&self) -> &Arc<Services> {
        &self.services
    }

    pub(super) fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn register(
        self: &Arc<Self>,
        kind: SiteKind,
        service: &str,
        support: Support,
    ) -> Arc<SiteState> {
        let mut events = Vec::new();
        let mut ready = Vec::new();
        let site = {
            let mut control = self.control();
            let key = (Arc::from(service), kind);
            let known = control.sites.len();
            if let Some(site) = control.sites.get(&key) {
                if site.support().includes_all(support) {
                    return Arc::clone(site);
                }
                site.add_support(support);
            }
            let site = Arc::clone(control.sites.entry(key).or_insert_with_key(
                |(service, kind)| {
                    let site = SiteState::new(
                        Arc::clone(service),
                        *kind,
                        support,
                        self.protection(service, *kind),
                    );
                    #[cfg(feature = "explore")]
                    let site = site.explored(self.services.exploring.as_ref());
                    Arc::new(site)
                },
            ));
            control.plan(&site);
            control.set_needs(&site);
            if control.sites.len() > known {
                events = control.show(&site);
            }
            for Kept { running, .. } in control.running.values() {
                if running.strikes_operations()
                    && running.selects(&site)
                    && !running.can_be_applied_at(&site)
                {
                    events.push(Event::NotSupported {
                        experiment: running.name().to_string(),
                        service: service.to_owned(),
                        kind,
                        phase: running.experiment().strikes_in(),
                    });
                }
            }
            std::mem::swap(&mut ready, &mut control.waiting);
            site
        };
        events
            .into_iter()
            .for_each(|event| self.services.journal.record(event));
        for experiment in ready {
            self.try_waiting(experiment);
        }
        site
    }

    fn protection(&self, service: &str, kind: SiteKind) -> Protection {
        if self.services.is_protected(service) {
            Protection::Whole
        } else if kind == SiteKind::Server {
            Protection::Exempt(Arc::clone(&self.services.exempt))
        } else {
            Protection::Exempt(Arc::new([]))
        }
    }
}
