//! The layer that puts a site in front of a service.

use chaos_core::adapter::Support;
use chaos_core::{ChaosManager, FaultKind, InjectedFault, Phase, SiteKind, TagKeys, TagTrust};
use tower_layer::Layer;

use crate::role::{AnyService, Client, Server};
use crate::service::ChaosService;

/// A layer that injects faults into the calls of the service it wraps.
///
/// Cloning or applying a layer is cheap and loses nothing: state, seed and counts belong to the manager. `axum::serve`
/// applies its layers again for every connection.
#[derive(Debug, Clone)]
#[must_use = "a layer does nothing until it is applied"]
pub struct ChaosLayer<Role = Server> {
    role: Role,
}

/// The faults of an HTTP message: those of any call, breaks of its connection, and faults on its body.
const HTTP: Support = Support::CALLS
    .with(FaultKind::Disconnect, Phase::Before)
    .with(FaultKind::Disconnect, Phase::After)
    .with(FaultKind::Latency, Phase::NotReady)
    .and(Support::FLOWS);

const SERVICE: Support = Support::CALLS.with(FaultKind::Latency, Phase::NotReady);

impl ChaosLayer {
    /// Creates a layer for the HTTP requests that a server receives under this service name.
    ///
    /// It opens a [`Scope`](crate::Scope) for each request while an experiment needs it. [Health
    /// routes](crate::ChaosManagerBuilder::exempt), such as `/ready` and `/metrics`, are exempt from experiments that do
    /// not name them.
    ///
    /// A retry that has a span of its own in `traceparent` is drawn for anew. Requests that only share an `x-request-id`
    /// are one request to the server, and draw alike.
    ///
    /// A layer inside this one may have another body, as that of compression has. Without axum, which boxes bodies, map
    /// it to a [`ChaosBody`](crate::ChaosBody) between the two:
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// # use bytes::Bytes;
    /// # use http::{Request, Response};
    /// # use http_body_util::Full;
    /// use chaos_tower::{ChaosBody, ChaosLayer, ChaosManager};
    /// use tower::ServiceBuilder;
    /// use tower_http::compression::CompressionLayer;
    /// use tower_http::map_response_body::MapResponseBodyLayer;
    ///
    /// # async fn hello(_: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    /// #     Ok(Response::default())
    /// # }
    /// let chaos = ChaosManager::new();
    /// let service = ServiceBuilder::new()
    ///     .layer(ChaosLayer::server(&chaos, "greeter"))
    ///     .layer(MapResponseBodyLayer::new(ChaosBody::untouched))
    ///     .layer(CompressionLayer::new())
    ///     .service_fn(hello);
    /// # let _ = tower::ServiceExt::oneshot(service, Request::default());
    /// ```
    pub fn server(chaos: &ChaosManager, service: &str) -> ChaosLayer<Server> {
        ChaosLayer {
            role: Server::new(chaos.register(SiteKind::Server, service, HTTP)),
        }
    }

    /// Creates a layer for the HTTP requests that go out to a service.
    ///
    /// Put it inside retries and timeouts: then each attempt gets its own decision. [`Client`] documents how calls
    /// fail. For a response body that is not an [`InjectableBody`](crate::InjectableBody), put
    /// tower-http's `MapResponseBodyLayer::new(ChaosBody::untouched)` inside the layer, as [`server`](Self::server)
    /// shows.
    pub fn client(chaos: &ChaosManager, service: &str) -> ChaosLayer<Client> {
        ChaosLayer {
            role: Client::new(chaos.register(SiteKind::Client, service, HTTP)),
        }
    }

    /// Creates a layer for any service. `error` converts a fault to the service's own error.
    ///
    /// Blast radii select it by `calls_to(service)`. Its operation is named `call`, or by
    /// [`operation`](ChaosLayer::operation).
    ///
    /// For a boxed error, such as tower's `BoxError`, pass a function rather than a closure, and wrap a service whose
    /// type contains neither closures nor the boxed error. Otherwise calls compile, but not within `tokio::spawn`
    /// ("one type is more general than the other"): the compiler loses the lifetime of `dyn Error` there.
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
    /// Accepts tags and attempt from requests whose sender is trusted.
    ///
    /// Every request then opens a scope, so that tags reach services with experiments for them.
    pub fn trusting(self, trust: TagTrust) -> Self {
        Self {
            role: self.role.trusting(trust),
        }
    }

    /// Stores the scope of a request in its extensions, too, for handlers that pass the request to other tasks.
    ///
    /// Costs at least one allocation for each request that opens a scope.
    pub fn scope_in_extensions(self) -> Self {
        Self {
            role: self.role.scope_in_extensions(),
        }
    }

    /// Names the experiments that struck a request, here or in a call that it made, in the header `x-chaos-experiment` of its
    /// response.
    ///
    /// Names have `?` for what is no plain text. A fault in the body comes after the header, which does not name it.
    pub fn name_experiment(self) -> Self {
        Self {
            role: self.role.name_experiment(),
        }
    }
}

impl ChaosLayer<Client> {
    /// Sends tags and attempt of the current request, signed, to a trusted service.
    ///
    /// Put the layer inside everything else that writes the `baggage` header, such as OpenTelemetry's propagation, which
    /// overwrites it. A client that follows redirects sends the headers along with each of them: turn redirects off, or
    /// keep them within trusted services. Without keys, an affected layer removes such a member from the baggage.
    pub fn sending_tags(self, keys: TagKeys) -> Self {
        Self {
            role: self.role.sending_tags(keys),
        }
    }

    /// Responds to a broken connection like a failing server, with a 503 or a 500, instead of making a call that really
    /// fails.
    ///
    /// For clients that send every call to the same peer regardless of the address, such as a proxy or a Unix socket.
    pub fn imitating_connections(self) -> Self {
        Self {
            role: self.role.imitating_connections(),
        }
    }
}

#[cfg(feature = "reqwest-middleware")]
impl<Role: crate::role::HasSite> ChaosLayer<Role> {
    /// True while no experiment affects the wrapped service.
    pub(crate) fn is_idle(&self) -> bool {
        self.role.site().needs().is_none()
    }
}

impl<F> ChaosLayer<AnyService<F>> {
    /// Names the operation, so that blast radii can distinguish several layers of one service.
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
