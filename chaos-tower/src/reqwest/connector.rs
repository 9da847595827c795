//! Puts the connections of a client under faults.

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

use super::destination::{Destination, Security};
use super::forger::Forger;
use super::hop::{Hop, Way};
use super::names::all_at;
use super::plain::Plain;
use super::settings::{Proxies, Settings, proxies_of_system};
use crate::BoxError;
use crate::connecting::connect;

/// Puts the connections of a client under faults.
#[derive(Debug, Clone)]
pub(super) struct ChaosConnections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    site: StreamSite,
    forger: Forger,
    settings: Settings,
    proxies_of_system: OnceLock<Proxies>,
}

impl ChaosConnections {
    pub(super) fn new(
        chaos: &ChaosManager,
        service: &str,
        settings: Settings,
    ) -> Result<Self, Error> {
        Ok(Self(Arc::new(Shared {
            site: StreamSite::new(chaos, service),
            forger: Forger::new()?,
            settings,
            proxies_of_system: OnceLock::new(),
        })))
    }

    /// Looks at what the client found in its environment when it was built.
    pub(super) fn built(&self, client: &Client) {
        self.0
            .proxies_of_system
            .get_or_init(|| proxies_of_system(client));
    }
}

impl Shared {
    /// Whether a connection with TLS may have to go through a proxy: that is to be asked for the real host.
    fn may_be_proxied(&self, to: &Destination) -> bool {
        to.security == Security::Tls
            && (self.settings.proxies == Proxies::Some
                || self.proxies_of_system.get() == Some(&Proxies::Some))
    }
}

impl<S> Layer<S> for ChaosConnections {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector {
            inner,
            shared: Arc::clone(&self.0),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Connector<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, R> Service<R> for Connector<S>
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
        // The one that was polled ready, and a fresh one in its place.
        let fresh = self.clone();
        let ready = mem::replace(self, fresh);
        Box::pin(ready.open(request))
    }
}

impl<S> Connector<S> {
    async fn open<R>(mut self, request: R) -> Result<S::Response, BoxError>
    where
        S: Service<R, Error = BoxError> + Clone,
        S::Response: Read + Write + Connection + Unpin + Send + 'static,
        R: Debug + 'static,
    {
        if let Some(to) = Destination::of(&request)
            && let Some(connection) = self.through_here(&to).await?
        {
            return Ok(connection);
        }
        tracing::warn!(
            ?request,
            "a connection is left alone: it can't be led through this machine"
        );
        poll_fn(|cx| self.inner.poll_ready(cx)).await?;
        self.inner.call(request).await
    }

    /// A connection that comes through a port of this machine; none if it can't.
    async fn through_here<R>(&mut self, to: &Destination) -> Result<Option<S::Response>, BoxError>
    where
        S: Service<R, Error = BoxError> + Clone,
        S::Response: Read + Write + Connection + Unpin + Send + 'static,
        R: 'static,
    {
        let Shared {
            site,
            forger,
            settings,
            ..
        } = &*self.shared;
        let Some(address) = settings.detour(to) else {
            return Ok(None);
        };
        if self.shared.may_be_proxied(to) {
            return Ok(None);
        }
        let url = to.plain_url(settings.port(to));
        let Some(request) = forger.forge::<R>(&url).await else {
            return Ok(None);
        };
        // It was polled ready before all this.
        let opening = async { self.inner.call(request).await.map(Plain::new) };
        let upstream = connect(site, opening).await?;
        if upstream.get_ref().connected().is_proxied() {
            return Ok(None);
        }
        let hop = Hop::open(address)?;
        let own = hop.address()?;
        let Some(request) = forger.forge::<R>(&to.url_at(own)).await else {
            return Ok(None);
        };
        let carried = hop.carry(upstream)?;
        poll_fn(|cx| self.inner.poll_ready(cx)).await?;
        let connection = all_at(own, self.inner.call(request)).await?;
        Ok(match carried.leave_to(connection.connected()).await? {
            Way::Detour => Some(connection),
            Way::Another => None,
        })
    }
}
