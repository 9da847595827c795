//! Sets up the API.

use std::path::Path;
use std::sync::Arc;

use chaos_core::{ChaosManager, Role};

#[cfg(feature = "axum")]
use crate::access::Transport;
use crate::access::{Access, Tokens};
use crate::audit::Audit;
use crate::server::AdminServer;
use crate::service::AdminService;
use crate::variables::Variables;
use crate::worker::Worker;
use crate::{Address, AdminError};

/// Sets up the API of a manager: on a thread of its own, or in a router of the service.
///
/// ```
/// # use chaos_admin::{Address, Admin};
/// # use chaos_core::{ChaosManager, Role};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let chaos = ChaosManager::new();
/// let admin = Admin::new(&chaos)
///     .listen("127.0.0.1:0".parse()?)
///     .token(Role::Operator, "anna", "a token of 16 characters or more")?
///     .serve()?;
/// println!("http://{}/chaos/v1/status", admin.addresses()[0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is opened before `serve`"]
pub struct Admin {
    chaos: ChaosManager,
    addresses: Vec<Address>,
    tokens: Tokens,
    hosts: Vec<String>,
    audit: Option<Audit>,
}

impl Admin {
    /// Begins to set up the API of a manager.
    ///
    /// It keeps the manager alive, and with it all experiments, until it is closed.
    pub fn new(chaos: &ChaosManager) -> Self {
        Self {
            chaos: chaos.clone(),
            addresses: Vec::new(),
            tokens: Tokens::default(),
            hosts: Vec::new(),
            audit: None,
        }
    }

    /// Opens the API as environment variables say; without `CHAOS_ADMIN`, nothing is opened.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `CHAOS_ADMIN` | `unix:/run/orders.sock`, `127.0.0.1:9901`, or both with a comma |
    /// | `CHAOS_ADMIN_VIEWER_TOKENS`, `CHAOS_ADMIN_OPERATOR_TOKENS` | `name:token`, several with commas; each token has at least 16 characters |
    /// | `CHAOS_ADMIN_VIEWER_TOKEN_FILE`, `CHAOS_ADMIN_OPERATOR_TOKEN_FILE` | a file with one such entry a line |
    /// | `CHAOS_ADMIN_HOSTS` | more names that requests may have as their `Host`, with commas |
    /// | `CHAOS_ADMIN_AUDIT` | a file to which each change is appended; a start that can't be written there is refused |
    ///
    /// # Errors
    ///
    /// When a variable is invalid, or an address can't be bound.
    pub fn from_env(chaos: &ChaosManager) -> Result<AdminServer, AdminError> {
        Variables::of_process().apply(Self::new(chaos))?.serve()
    }

    /// Adds an address; the unix socket is the safest one.
    pub fn listen(mut self, address: Address) -> Self {
        self.addresses.push(address);
        self
    }

    /// Adds a token; several may have the same name or role, so that one can be replaced while both are valid.
    ///
    /// # Errors
    ///
    /// [`AdminError::Token`] when the name is empty, or the token has less than 16 characters.
    pub fn token(mut self, role: Role, name: &str, token: &str) -> Result<Self, AdminError> {
        self.tokens.add(role, name, token)?;
        Ok(self)
    }

    /// Adds the tokens of a list.
    pub(crate) fn tokens(
        mut self,
        role: Role,
        list: &str,
        origin: &str,
    ) -> Result<Self, AdminError> {
        self.tokens.add_list(role, list, origin)?;
        Ok(self)
    }

    /// Adds a name that requests may have as their `Host`, such as that of a proxy.
    ///
    /// `localhost`, `127.0.0.1` and `[::1]` are always accepted, and so is each bound address.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Appends each change to a file, and refuses a start that can't be written there.
    ///
    /// A halt never waits for the file.
    ///
    /// # Errors
    ///
    /// [`AdminError::Audit`] when the file can't be opened for appending.
    pub fn audit_to(mut self, path: impl AsRef<Path>) -> Result<Self, AdminError> {
        self.audit = Some(Audit::append(path.as_ref())?);
        Ok(self)
    }

    /// Opens the API on its addresses, on a thread of its own.
    ///
    /// # Errors
    ///
    /// When an address can't be bound, when one can be reached from other machines and no token is set, or when a thread
    /// can't be started.
    pub fn serve(mut self) -> Result<AdminServer, AdminError> {
        if self.addresses.is_empty() {
            return Ok(AdminServer::closed());
        }
        let addresses = self.addresses.clone();
        self.hosts
            .extend(addresses.iter().filter_map(Address::host));
        AdminServer::open(&addresses, self.into_service()?)
    }

    /// Returns a router of the API for the service's own axum server.
    ///
    /// The service's runtime serves it, so it answers nothing while all its workers are blocked or its descriptors are used
    /// up: prefer [`serve`](Self::serve), and keep this for where no other port can be opened.
    ///
    /// # Errors
    ///
    /// [`AdminError::Thread`] when a thread can't be started.
    #[cfg(feature = "axum")]
    pub fn router(self) -> Result<axum::Router, AdminError> {
        let service = self.into_service()?;
        let answer = move |request: axum::extract::Request| {
            let service = Arc::clone(&service);
            async move {
                let reply = service.answer(request, &Transport::Mounted).await;
                reply.map(axum::body::Body::new)
            }
        };
        let answer = axum::routing::any(answer);
        let paths = ["/chaos", "/chaos/", "/chaos/{*path}"];
        let router = axum::Router::new();
        Ok(paths
            .into_iter()
            .fold(router, |router, path| router.route(path, answer.clone())))
    }

    pub(crate) fn into_service(self) -> Result<Arc<AdminService>, AdminError> {
        let access = Access::new(self.tokens, self.hosts);
        let worker = Worker::start("chaos-admin-work", self.chaos.clone(), self.audit)?;
        let reader = Worker::start("chaos-admin-read", self.chaos.clone(), None)?;
        let service = AdminService::new(self.chaos, access, worker, reader);
        Ok(Arc::new(service))
    }

    #[cfg(test)]
    pub(crate) fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }
}
