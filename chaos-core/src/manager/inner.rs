//! The state that all clones of a manager share, and the registration of sites.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use super::active::Active;
use super::halt_file::HaltFile;
use super::housekeeping::Housekeeping;
use super::settings::Settings;
use super::start_policy::{HaltSource, StartPolicy};
use super::table::Table;
use crate::journal::{Event, Journal, JournalEntry, JournalPage};
use crate::pressure::ClockSkews;
use crate::running::{HaltSwitch, Mode};
use crate::site::{Protection, SiteIdentity, SiteState, Support};
use crate::waiters::Waiters;
use crate::{Actor, Error, Policy, SiteKind};

/// The state that all clones of a manager share.
pub(super) struct Inner {
    pub(super) settings: Settings,
    pub(super) journal: Arc<Journal>,
    pub(super) skews: Arc<ClockSkews>,
    pub(super) housekeeping: Arc<Housekeeping>,
    pub(super) mode: Mode,
    table: Mutex<Table>,
    pub(super) switch: Arc<HaltSwitch>,
    halt_file: OnceLock<HaltFile>,
}

impl Inner {
    pub(super) fn new(
        settings: Settings,
        journal: Journal,
        mode: Mode,
        start_policy: StartPolicy,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            settings,
            journal: Arc::new(journal),
            skews: Arc::default(),
            housekeeping: Arc::new(Housekeeping {
                manager: this.clone(),
                settled: Waiters::default(),
            }),
            mode,
            table: Mutex::new(Table {
                start_policy,
                ..Table::default()
            }),
            switch: Arc::default(),
            halt_file: OnceLock::new(),
        })
    }

    /// Halts if a file exists already, and has it watched from now on.
    pub(super) fn watch_halt_file(
        self: &Arc<Self>,
        path: PathBuf,
        grace: Duration,
    ) -> Result<(), Error> {
        let shown = path.display().to_string();
        let (watched, exists) =
            HaltFile::watch(path, grace, Arc::downgrade(self) as std::sync::Weak<_>)?;
        let _ = self.halt_file.set(watched);
        self.journal.record(Event::WatchingHaltFile {
            path: shown.clone(),
        });
        if exists {
            self.halt_quietly(Actor::File(shown).into(), HaltSource::File);
        }
        Ok(())
    }

    pub(super) fn seed(&self) -> u64 {
        self.settings.seed
    }

    pub(super) fn policy(&self) -> Option<&Policy> {
        self.settings.policy.as_ref()
    }

    /// The wall-clock time, skewed by running experiments.
    pub(super) fn now(&self) -> SystemTime {
        if self.skews.is_skewed() {
            self.end_overdue();
        }
        self.skews.now()
    }

    pub(super) async fn flushed(&self) {
        self.journal.flushed().await;
    }

    pub(super) fn journal_entries(&self) -> Vec<JournalEntry> {
        self.journal.entries()
    }

    pub(super) fn journal_since(&self, number: u64) -> JournalPage {
        self.journal.since(number)
    }

    pub(super) async fn journal_reached(&self, number: u64) {
        self.journal.reached(number).await;
    }

    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
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
            let mut table = self.table();
            let known = table.sites.get(service, kind).cloned();
            let site = match known {
                Some(site) if site.support().includes_all(support) => return site,
                Some(site) => {
                    site.add_support(support);
                    site
                }
                None => {
                    let protection = self.protection(service, kind);
                    let identity = SiteIdentity::new(Arc::from(service), kind, support, protection);
                    let site = Arc::new(SiteState::new(identity, self.settings.witness.clone()));
                    events.extend(table.misspelt_protection_at(&self.settings, &site));
                    table.sites.add(Arc::clone(&site));
                    events.extend(table.match_new_site(&site));
                    site
                }
            };
            if table.outcome_watchers > 0 {
                site.begin_outcomes();
                table.set_needs(&site);
            }
            // The plan of a new site is empty until an experiment runs, and replacing it is the larger part of its cost.
            if !table.running.is_empty() {
                table.plan(&site);
            }
            for Active { running, .. } in table.running.all() {
                if running.strikes_operations()
                    && running.selects(&site)
                    && !running.can_be_applied_at(&site)
                {
                    events.push(Event::NotSupported {
                        experiment: running.name.to_string(),
                        service: service.to_owned(),
                        kind,
                        phase: running.experiment.strikes_in(),
                    });
                }
            }
            std::mem::swap(&mut ready, &mut table.waiting);
            site
        };
        events
            .into_iter()
            .for_each(|event| self.journal.record(event));
        for experiment in ready {
            self.try_waiting(experiment);
        }
        site
    }

    fn protection(&self, service: &str, kind: SiteKind) -> Protection {
        if self.settings.is_protected(service) {
            Protection::Whole
        } else if kind == SiteKind::Server {
            Protection::Exempt(Arc::clone(&self.settings.exempt))
        } else {
            Protection::None
        }
    }
}
