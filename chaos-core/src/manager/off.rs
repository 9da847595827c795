//! The manager of a build without injection, which refuses every experiment.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::ChaosManager;
use crate::compiled::never;
use crate::explain::{Answer, Caveat};
use crate::journal::{JournalEntry, JournalPage, JournalSink};
use crate::pressure::PressureLevel;
use crate::site::SiteState;
use crate::site::Support;
use crate::status::{ExperimentStatus, SiteStatus};
use crate::{EndReason, Environment, Error, Experiment, Operation, OperationGlob, SiteKind};

/// What the clones of a manager share.
pub(super) struct Handle {
    seed: u64,
}

/// The source of an experiment.
pub(super) enum Origin {
    Code,
    File,
}

impl Handle {
    pub(super) fn register(
        &self,
        kind: SiteKind,
        service: &str,
        _support: Support,
    ) -> Arc<SiteState> {
        Arc::new(SiteState::new(service.into(), kind))
    }

    pub(super) fn start(
        &self,
        experiments: Vec<Experiment>,
        _origin: Origin,
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

    pub(super) fn stop(&self, name: &str) -> Result<(), Error> {
        Err(Error::NotRunning {
            experiment: name.to_owned(),
        })
    }

    pub(super) fn halt(&self, _by: &str) {}

    pub(super) async fn halted(&self) {}

    pub(super) fn resume(&self) {}

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    pub(super) async fn flushed(&self) {}

    pub(super) fn journal_entries(&self) -> Vec<JournalEntry> {
        Vec::new()
    }

    pub(super) fn journal_since(&self, number: u64) -> JournalPage {
        JournalPage::empty(number)
    }

    pub(super) async fn journal_reached(&self, _number: u64) {
        pending::<()>().await;
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

/// Builds a [`ChaosManager`]; in this build, only the seed has an effect.
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct ChaosManagerBuilder {
    seed: u64,
}

#[allow(missing_docs, reason = "documented where injection is compiled in")]
impl ChaosManagerBuilder {
    pub fn seed(self, seed: u64) -> Self {
        Self { seed }
    }

    pub fn environment(self, _environment: Environment) -> Self {
        self
    }

    pub fn instance(self, _instance: impl Into<String>) -> Self {
        self
    }

    pub fn protect(self, _service: impl Into<String>) -> Self {
        self
    }

    pub fn exempt(self, _operations: OperationGlob) -> Self {
        self
    }

    pub fn probe<F, E>(
        self,
        _name: impl Into<String>,
        _check: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        self
    }

    pub fn journal_to(self, _sink: impl JournalSink + 'static) -> Self {
        self
    }

    pub fn keep_entries(self, _bound: usize) -> Self {
        self
    }

    pub fn check_conditions_every(self, _period: Duration) -> Self {
        self
    }

    pub fn halt_file(self, _path: impl AsRef<Path>) -> Self {
        self
    }

    pub fn halt_file_grace(self, _grace: Duration) -> Self {
        self
    }

    /// No variable can be wrong here: a slip must not stop a service that has nothing to configure.
    pub fn from_env(self) -> Self {
        if let Some(file) = std::env::var_os("CHAOS_FILE").filter(|file| !file.is_empty()) {
            let file = Path::new(&file).display();
            tracing::warn!(%file, "CHAOS_FILE is ignored: this build contains no fault injection");
        }
        self
    }

    pub fn dry_run(self) -> Self {
        self
    }

    #[must_use]
    pub fn build(self) -> ChaosManager {
        ChaosManager(Arc::new(Handle { seed: self.seed }))
    }

    #[allow(clippy::missing_errors_doc, reason = "it never fails in this build")]
    pub fn try_build(self) -> Result<ChaosManager, Error> {
        Ok(self.build())
    }
}

/// The handle of a running experiment, of which this build has none.
#[derive(Debug)]
#[must_use]
pub struct ExperimentGuard(Infallible);

#[allow(missing_docs, reason = "documented where injection is compiled in")]
#[allow(clippy::must_use_candidate, clippy::missing_errors_doc)]
impl ExperimentGuard {
    never!(pub fn name(&self) -> &str);
    never!(pub fn injected(&self) -> u64);
    never!(pub fn in_flight(&self) -> u64);
    never!(pub fn pressure(&self) -> Vec<PressureLevel>);
    never!(pub fn was_reached(&self) -> bool);
    never!(pub fn took_effect(&self) -> bool);
    never!(pub fn ended(&self) -> Option<&EndReason>);
    never!(pub fn expect_injected(self) -> Self);

    pub async fn wait_for(&self, _n: u64) -> Result<(), Error> {
        pending().await
    }

    pub async fn wait_until_held(&self) -> Result<(), Error> {
        pending().await
    }

    never!(pub fn on_end(&self, _undo: impl FnOnce() + Send + 'static));

    pub async fn end(self) {
        match self.0 {}
    }

    never!(pub fn detach(self));
}
