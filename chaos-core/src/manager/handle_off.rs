//! What the clones of a manager share in a build without injection, which refuses every experiment.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::guard_off::ExperimentGuard;
use crate::explain::{Answer, Caveat};
use crate::journal::{JournalEntry, JournalPage};
use crate::outcomes::SiteOutcomes;
use crate::policy::{ApprovalText, Approver};
use crate::site::{SiteState, Support};
use crate::status::{ExperimentStatus, Overview, SiteStatus, Totals};
use crate::{Actor, Attribution, Error, Experiment, ExperimentFile, Operation, Policy, SiteKind};

/// What the clones of a manager share.
pub(super) struct Handle {
    pub(super) seed: u64,
}

/// The running experiment that is replaced, of which there is none.
pub(super) enum Replaces {
    Exactly(u64),
}

/// What a start says about itself, which this build has no use for.
pub(super) struct StartRequest;

impl StartRequest {
    pub(super) fn new(_attribution: Attribution, _lease: Option<Duration>) -> Self {
        Self
    }

    pub(super) fn by(_actor: Actor) -> Self {
        Self
    }

    pub(super) fn file(_file: &ExperimentFile) -> Self {
        Self
    }

    pub(super) fn approved_by(self, _approvals: Arc<[String]>) -> Self {
        self
    }

    pub(super) fn replacing(self, _replaces: Replaces) -> Self {
        self
    }
}

impl Handle {
    #[inline]
    pub(super) fn register(
        &self,
        kind: SiteKind,
        service: &str,
        _support: Support,
    ) -> Arc<SiteState> {
        Arc::new(SiteState::new(service.into(), kind))
    }

    pub(super) fn approval_text(
        &self,
        experiment: &Experiment,
        _consent: &str,
        _request: &StartRequest,
    ) -> Result<Option<ApprovalText>, Error> {
        Err(compiled_out(experiment.name()))
    }

    pub(super) fn signer(
        &self,
        experiment: &Experiment,
        _approval: &str,
        _request: &StartRequest,
    ) -> Result<Option<Approver>, Error> {
        Err(compiled_out(experiment.name()))
    }

    pub(super) fn start(
        &self,
        experiments: Vec<Experiment>,
        _request: &StartRequest,
    ) -> Result<Vec<ExperimentGuard>, Error> {
        match experiments.into_iter().next() {
            Some(experiment) => Err(compiled_out(experiment.name())),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn start_under_free_name(
        &self,
        preferred_name: &str,
        _experiment: impl Fn(String) -> Experiment,
    ) -> Result<ExperimentGuard, Error> {
        Err(compiled_out(preferred_name))
    }

    pub(super) fn could_start(
        &self,
        experiments: &[Experiment],
        _request: &StartRequest,
    ) -> Result<(), Error> {
        match experiments.first() {
            Some(experiment) => Err(compiled_out(experiment.name())),
            None => Ok(()),
        }
    }

    pub(super) fn renew(&self, name: &str) -> Result<Duration, Error> {
        Err(Error::NotRunning {
            experiment: name.to_owned(),
        })
    }

    pub(super) fn stop(&self, name: &str, _attribution: Attribution) -> Result<(), Error> {
        Err(Error::NotRunning {
            experiment: name.to_owned(),
        })
    }

    pub(super) fn halt(&self, _attribution: Attribution) {}

    pub(super) async fn halted(&self) {}

    pub(super) fn resume(&self, _attribution: Attribution) {}

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    pub(super) fn policy(&self) -> Option<&Policy> {
        None
    }

    pub(super) async fn flushed(&self) {}

    pub(super) fn journal_since(&self, number: u64) -> JournalPage {
        JournalPage::empty(number)
    }

    pub(super) async fn journal_reached(&self, _number: u64) {
        std::future::pending::<()>().await;
    }

    pub(super) fn journal_entries(&self) -> Vec<JournalEntry> {
        Vec::new()
    }

    pub(super) fn watch_file(&self, path: &Path) -> Result<FileWatch, Error> {
        Err(compiled_out(&path.display().to_string()))
    }

    pub(super) fn watch_outcomes(&self) -> OutcomeWatch {
        OutcomeWatch(())
    }

    pub(super) fn overview(&self) -> Overview {
        Overview {
            instance: String::new(),
            environment: None,
            seed: self.seed,
            dry_run: false,
            switched_off: true,
            halts: Vec::new(),
            sites: 0,
            running: Vec::new(),
            waiting: Vec::new(),
            journal_next: 0,
            totals: Totals::default(),
        }
    }

    pub(super) fn status(&self) -> Vec<ExperimentStatus> {
        Vec::new()
    }

    pub(super) fn sites(&self) -> Vec<SiteStatus> {
        Vec::new()
    }

    pub(super) fn answers(&self, _service: &str, _operation: &Operation<'_>) -> Vec<Answer> {
        Vec::new()
    }

    pub(super) fn caveats(&self, _: &str, _: &Operation<'_>, _: &[Answer]) -> Vec<Caveat> {
        Vec::new()
    }
}

fn compiled_out(experiment: &str) -> Error {
    Error::CompiledOut {
        experiment: experiment.to_owned(),
    }
}

/// A watch over the outcomes at all sites, which this build does not count.
#[derive(Debug)]
#[must_use]
pub struct OutcomeWatch(());

#[allow(missing_docs, reason = "documented where injection is compiled in")]
impl OutcomeWatch {
    #[must_use]
    pub fn outcomes(&self) -> Vec<SiteOutcomes> {
        Vec::new()
    }
}

/// A watched file, of which this build has none.
#[derive(Debug)]
#[must_use]
pub struct FileWatch(std::convert::Infallible);

#[allow(missing_docs, reason = "documented where injection is compiled in")]
impl FileWatch {
    crate::compiled::never!(pub fn detach(self));
}
