//! The connector of reqwest's client, with faults in its connections.

use std::fmt::Debug;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use chaos_core::ChaosManager;
use chaos_net::StreamSite;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::Connection;
use reqwest::{Client, Error};
use tower_layer::Layer;
use tower_service::Service;

use super::client_settings::{ClientSettings, ProxyUse, system_proxy_use};
use super::connect_request_factory::ConnectRequestFactory;
use super::destination::{Destination, Security};
use super::loopback_relay::{LoopbackRelay, Route};
use super::resolver::resolving_to;
use super::tokio_socket::TokioSocket;
use crate::box_error::BoxError;
use crate::connect::connect;

/// A connector layer that injects faults into connections.
#[derive(Debug, Clone)]
pub(super) struct ChaosConnectorLayer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    site: StreamSite,
    requests: ConnectRequestFactory,
    settings: ClientSettings,
    system_proxies: OnceLock<ProxyUse>,
}

impl ChaosConnectorLayer {
    pub(super) fn new(
        chaos: &ChaosManager,
        service: &str,
        settings: ClientSettings,
    ) -> Result<Self, Error> {
        Ok(Self(Arc::new(Shared {
            site: StreamSite::new(chaos, service),
            requests: ConnectRequestFactory::new()?,
            settings,
            system_proxies: OnceLock::new(),
        })))
    }

    /// Reads the proxies that the client found in its environment when it was built.
    pub(super) fn read_system_proxies(&self, client: &Client) {
        self.0
            .system_proxies
            .get_or_init(|| system_proxy_use(client));
    }
}

impl Shared {
    /// True when a TLS connection may go through a proxy, which has to be asked for the real host.
    fn may_be_proxied(&self, to: &Destination) -> bool {
        to.security == Security::Tls
            && (self.settings.proxies == ProxyUse::Possible
                || self.system_proxies.get() == Some(&ProxyUse::Possible))
    }
}

impl<S> Layer<S> for ChaosConnectorLayer {
    type Service = RelayedConnector<S>;

    fn layer(&self, inner: S) -> RelayedConnector<S> {
        RelayedConnector {
            inner,
            shared: Arc::clone(&self.0),
        }
    }
}

/// A connector that injects faults into its connections.
#[derive(Debug, Clone)]
pub(super) struct RelayedConnector<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, R> Service<R> for RelayedConnector<S>
where
    S: Service<R, Error = BoxError, Future: Send> + Clone + Send + 'static,
    S::Response: Read + Write + Connection + Unpin + Send + 'static,
    R: Debug + Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        // The connector that was polled ready makes the connection; a clone takes its place.
        let fresh = self.clone();
        let ready = mem::replace(self, fresh);
        Box::pin(ready.connect(request))
    }
}

impl<S> RelayedConnector<S> {
    async fn connect<R>(mut self, request: R) -> Result<S::Response, BoxError>
    where
        S: Service<R, Error = BoxError> + Clone,
        S::Response: Read + Write + Connection + Unpin + Send + 'static,
        R: Debug + 'static,
    {
        if let Some(to) = Destination::of(&request)
            && let Some(connection) = self.connect_through_relay(&to).await?
        {
            return Ok(connection);
        }
        tracing::warn!(
            ?request,
            "no faults on this connection, because it cannot be relayed through this machine"
        );
        poll_fn(|cx| self.inner.poll_ready(cx)).await?;
        self.inner.call(request).await
    }

    /// Opens a connection through a relay on this machine; `None` if it cannot go there.
    async fn connect_through_relay<R>(
        &mut self,
        to: &Destination,
    ) -> Result<Option<S::Response>, BoxError>
    where
        S: Service<R, Error = BoxError> + Clone,
        S::Response: Read + Write + Connection + Unpin + Send + 'static,
        R: 'static,
    {
        let Shared {
            site,
            requests,
            settings,
            ..
        } = &*self.shared;
        let Some(loopback) = settings.loopback_for(to) else {
            return Ok(None);
        };
        if self.shared.may_be_proxied(to) {
            return Ok(None);
        }
        let url = to.plain_url(settings.port_override(to));
        let Some(request) = requests.create::<R>(&url).await else {
            return Ok(None);
        };
        // The connector was polled ready before `call`.
        let connecting = async { self.inner.call(request).await.map(TokioSocket::new) };
        let upstream = connect(site, connecting).await?;
        if upstream.get_ref().connected().is_proxied() {
            return Ok(None);
        }
        let relay = LoopbackRelay::bind(loopback)?;
        let address = relay.address()?;
        let Some(request) = requests.create::<R>(&to.url_at(address)).await else {
            return Ok(None);
        };
        let relay = relay.run(upstream)?;
        poll_fn(|cx| self.inner.poll_ready(cx)).await?;
        let connection = resolving_to(address, self.inner.call(request)).await?;
        Ok(
            match relay.detach_if_used_by(connection.connected()).await? {
                Route::Relay => Some(connection),
                Route::Other => None,
            },
        )
    }
}
