//! The connector of reqwest's client, which puts a hop into each connection.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use chaos_core::{ChaosManager, Site, SiteKind};
use chaos_net::StreamSite;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::Connection;
use tower_layer::Layer;
use tower_service::Service;

use super::loopback;
use super::server::Hop;
use crate::box_error::BoxError;
use crate::connect::connect;
use crate::role::{RecentRequests, Wire};

/// A connector layer that puts a hop into each connection.
#[derive(Debug, Clone)]
pub(in crate::reqwest) struct HopLayer(Arc<Sites>);

/// Where faults are injected into a client.
#[derive(Debug)]
struct Sites {
    calls: Site,
    requests: Arc<RecentRequests>,
    streams: StreamSite,
}

impl HopLayer {
    pub(in crate::reqwest) fn new(chaos: &ChaosManager, service: &str) -> Self {
        Self(Arc::new(Sites {
            calls: chaos.register(SiteKind::Client, service, Wire::SUPPORT),
            requests: Arc::default(),
            streams: StreamSite::new(chaos, service),
        }))
    }
}

impl<S> Layer<S> for HopLayer {
    type Service = HopConnector<S>;

    fn layer(&self, inner: S) -> HopConnector<S> {
        HopConnector {
            inner,
            sites: Arc::clone(&self.0),
        }
    }
}

/// A connector that opens the real connection for a hop, and returns one to that hop.
#[derive(Debug, Clone)]
pub(in crate::reqwest) struct HopConnector<S> {
    inner: S,
    sites: Arc<Sites>,
}

impl<S, R> Service<R> for HopConnector<S>
where
    S: Service<R, Error = BoxError, Future: Send> + Clone + Send + 'static,
    S::Response: Read + Write + Connection + Unpin + Send + 'static,
    R: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        // The connector that was polled ready makes the connection; a clone takes its place.
        let fresh = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, fresh);
        let sites = Arc::clone(&self.sites);
        Box::pin(async move {
            let mut opened = None;
            let connecting = async {
                let _outside = sites.calls.may_work_outside();
                // TLS, proxies, names and interfaces are the business of the real connector.
                let upstream = inner.call(request).await?;
                let (near, far) = loopback::connect().await?;
                opened = Some((upstream, near));
                Ok(far)
            };
            let stream = connect(&sites.streams, connecting).await?.into_peer();
            let (upstream, near) = opened.ok_or("a connection without its two ends")?;
            let wire = Wire::new(
                sites.calls.clone(),
                Arc::clone(&sites.requests),
                stream.handle(),
            );
            tokio::spawn(Hop::new(wire, upstream).carry(stream));
            Ok(near)
        })
    }
}
