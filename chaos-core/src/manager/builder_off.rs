//! The builder of a manager in a build without injection.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::ChaosManager;
use super::handle_off::Handle;
use crate::journal::JournalSink;
use crate::policy::ApprovalVerifier;
use crate::{Environment, Error, OperationGlob, Policy};

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

    pub fn policy(self, _policy: Policy) -> Self {
        self
    }

    pub fn approval_verifier(self, _verifier: impl ApprovalVerifier + 'static) -> Self {
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
            // With a name of its own, the event does not put a path of the machine that builds into the service.
            tracing::warn!(
                name: "ignored",
                %file,
                "CHAOS_FILE is ignored: this build contains no fault injection"
            );
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
