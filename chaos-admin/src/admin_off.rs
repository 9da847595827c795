//! The API of a build without injection, which opens nothing.

use std::path::Path;
use std::sync::Once;

use chaos_core::{ChaosManager, Role};

use crate::{Address, AdminError};

/// Sets up the API; in this build, it opens nothing.
#[derive(Debug)]
#[must_use = "nothing is opened before `serve`"]
pub struct Admin(());

#[allow(missing_docs, reason = "documented where injection is compiled in")]
#[allow(clippy::missing_errors_doc, reason = "it never fails in this build")]
impl Admin {
    pub fn new(_chaos: &ChaosManager) -> Self {
        Self(())
    }

    pub fn from_env(chaos: &ChaosManager) -> Result<AdminServer, AdminError> {
        if std::env::var_os("CHAOS_ADMIN").is_some_and(|value| !value.is_empty()) {
            static ONCE: Once = Once::new();
            ONCE.call_once(|| {
                if chaos_core::COMPILED_IN {
                    tracing::warn!(
                        "CHAOS_ADMIN is ignored: enable the feature `inject` of chaos-admin"
                    );
                } else {
                    tracing::warn!(
                        "CHAOS_ADMIN is ignored: this build contains no fault injection"
                    );
                }
            });
        }
        Self::new(chaos).serve()
    }

    pub fn listen(self, _address: Address) -> Self {
        self
    }

    pub fn token(self, _role: Role, _name: &str, _token: &str) -> Result<Self, AdminError> {
        Ok(self)
    }

    pub fn host(self, _name: impl Into<String>) -> Self {
        self
    }

    pub fn audit_to(self, _path: impl AsRef<Path>) -> Result<Self, AdminError> {
        Ok(self)
    }

    pub fn serve(self) -> Result<AdminServer, AdminError> {
        Ok(AdminServer(()))
    }

    #[cfg(feature = "axum")]
    pub fn router(self) -> axum::Router {
        axum::Router::new()
    }
}

/// An API that is open; there is none in this build.
#[derive(Debug)]
#[must_use = "dropping it closes the API"]
pub struct AdminServer(());

#[allow(missing_docs, reason = "documented where injection is compiled in")]
impl AdminServer {
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        &[]
    }

    pub fn detach(self) {}
}
