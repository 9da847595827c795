//! The layer that puts a site in front of a service.

use chaos_core::adapter::Support;
use chaos_core::{ChaosManager, FaultKind, InjectedFault, Phase, SiteKind, TagKeys, TagTrust};
use tower_layer::Layer;

use crate::role::{AnyService, Client, Server};
use crate::service::ChaosService;

/// Puts the faults of a site in front of a service.
///
/// Whatever must persist lives behind the manager: `axum::serve` applies its layers anew for every connection.
#[derive(Debug, Clone)]
#[must_use = "a layer does nothing until it is applied"]
pub struct ChaosLayer<Role = Server> {
    role: Role,
}

/// What an HTTP message can suffer: what any call can, breaks of its connection, and all that strikes its body.
const HTTP: Support = Support::CALLS
    .with(FaultKind::Disconnect, Phase::Before)
    .with(FaultKind::Disconnect, Phase::After)
    .with(FaultKind::Latency, Phase::NotReady)
    .and(Support::FLOWS);

const SERVICE: Support = Support::CALLS.with(FaultKind::Latency, Phase::NotReady);

impl ChaosLayer {
    /// A layer for the HTTP requests that a server receives under this service name.
    ///
    /// It opens a [`Scope`](crate::Scope) for each request while an experiment needs it. Health, readiness and
    /// metrics routes are hit only by experiments that name them.
    pub fn server(chaos: &ChaosManager, service: &str) -> ChaosLayer<Server> {
        ChaosLayer {
            role: Server::new(chaos.register(SiteKind::Server, service, HTTP)),
        }
    }

    /// A layer for the HTTP requests that go out to a service.
    ///
    /// Put it inside of what tries again and what times out: each attempt is decided on by itself. How calls fail is
    /// told at [`Client`]. A body type that it does not know is brought in by
    /// `map_response_body(ChaosBody::untouched)` inside of it.
    pub fn client(chaos: &ChaosManager, service: &str) -> ChaosLayer<Client> {
        ChaosLayer {
            role: Client::new(chaos.register(SiteKind::Client, service, HTTP)),
        }
    }

    /// A layer for any service at all, whose own error `error` makes of a fault.
    ///
    /// Blast radii select it by `calls_to(service)`. Its operation is called `call`, unless
    /// [`operation`](ChaosLayer::operation) names it.
    ///
    /// ```
    /// use chaos_tower::{BlastRadius, ChaosLayer, ChaosManager, Failure, Fault};
    /// use tower::{Layer, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let chaos = ChaosManager::new();
    /// let cache = ChaosLayer::service(&chaos, "cache", |fault| std::io::Error::from(fault))
    ///     .layer(service_fn(async |key: u32| Ok::<_, std::io::Error>(key + 1)));
    /// assert_eq!(cache.clone().oneshot(1).await?, 2);
    ///
    /// let _down = chaos.inject(BlastRadius::calls_to("cache"), Fault::error(Failure::Refused))?;
    /// let error = cache.oneshot(1).await.unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    /// # Ok(())
    /// # }
    /// ```
    pub fn service<F, E>(chaos: &ChaosManager, service: &str, error: F) -> ChaosLayer<AnyService<F>>
    where
        F: Fn(InjectedFault) -> E + Clone,
    {
        ChaosLayer {
            role: AnyService::new(chaos.register(SiteKind::Client, service, SERVICE), error),
        }
    }
}

impl ChaosLayer<Server> {
    /// Takes tags and attempt from requests whose sender `trust` believes.
    ///
    /// Requests then always open a scope, so that tags travel on to services that run experiments for them.
    pub fn trusting(self, trust: TagTrust) -> Self {
        Self {
            role: self.role.trusting(trust),
        }
    }

    /// Puts the scope of a request into its extensions, too, for handlers that pass the request on to other tasks.
    ///
    /// It costs an allocation or more for each request that opens a scope.
    pub fn scope_in_extensions(self) -> Self {
        Self {
            role: self.role.scope_in_extensions(),
        }
    }

    /// Names the experiment in answers that it gave, in the header `x-chaos-experiment`.
    pub fn name_experiment(self) -> Self {
        Self {
            role: self.role.name_experiment(),
        }
    }
}

impl ChaosLayer<Client> {
    /// Trusts the service with tags and attempt of the current request: they are signed and sent along.
    ///
    /// Put the layer inside of whatever else writes the `baggage` header, such as OpenTelemetry's propagation, which
    /// overwrites it. A client that follows redirects takes the headers along to wherever it is sent: have it not
    /// follow them, or not leave the services that are trusted. Without keys, a layer that something concerns takes
    /// such a member out of the baggage.
    pub fn sending_tags(self, keys: TagKeys) -> Self {
        Self {
            role: self.role.sending_tags(keys),
        }
    }

    /// Answers a broken connection as a failing server would, a 503 or a 500, in place of making a call that really
    /// fails.
    ///
    /// For clients whose calls all go to one peer, whatever their address: through a proxy or a Unix socket.
    pub fn imitating_connections(self) -> Self {
        Self {
            role: self.role.imitating_connections(),
        }
    }
}

#[cfg(feature = "reqwest-middleware")]
impl<Role: crate::role::At> ChaosLayer<Role> {
    /// Whether nothing at all concerns what it stands in front of, for now.
    pub(crate) fn is_idle(&self) -> bool {
        self.role.site().needs().is_none()
    }
}

impl<F> ChaosLayer<AnyService<F>> {
    /// Names the operation, so that blast radii can tell several layers of one service apart.
    pub fn operation(self, name: &str) -> Self {
        Self {
            role: self.role.operation(name),
        }
    }
}

impl<S, Role: Clone> Layer<S> for ChaosLayer<Role> {
    type Service = ChaosService<S, Role>;

    #[inline]
    fn layer(&self, inner: S) -> Self::Service {
        ChaosService::new(inner, self.role.clone())
    }
}
