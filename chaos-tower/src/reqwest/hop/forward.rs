//! Forwards requests to the real connection, and its failures to the caller's.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use chaos_net::ConnectionHandle;
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::upgrade::OnUpgrade;
use hyper_util::client::legacy::connect::Connection;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::task::yield_now;
use tower_service::Service;

use super::upstream::Upstream;
use crate::box_error::BoxError;
use crate::reqwest::read_ahead::ReadAhead;
use crate::role::Struck;

/// The body of a response from the service.
pub(super) type UpstreamBody = UnsyncBoxBody<Bytes, BoxError>;

/// A service that forwards requests to the real connection.
pub(super) struct Forward<C> {
    upstream: Arc<Upstream<C>>,
    caller: ConnectionHandle,
}

impl<C> Clone for Forward<C> {
    fn clone(&self) -> Self {
        Self {
            upstream: Arc::clone(&self.upstream),
            caller: self.caller.clone(),
        }
    }
}

impl<C: Connection> Forward<C> {
    pub(super) fn new(upstream: C, caller: ConnectionHandle) -> Self {
        Self {
            upstream: Arc::new(Upstream::new(upstream)),
            caller,
        }
    }

    /// Returns once the real connection is closed.
    pub(super) async fn closed(&self) {
        self.upstream.closed().await;
    }
}

impl<C> Service<Request<ReadAhead<Incoming>>> for Forward<C>
where
    C: Read + Write + Connection + Unpin + Send + 'static,
{
    type Response = Response<UpstreamBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<UpstreamBody>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<ReadAhead<Incoming>>) -> Self::Future {
        let Self { upstream, caller } = self.clone();
        Box::pin(async move {
            if request.extensions_mut().remove::<Struck>().is_some() {
                // A caller that gave up while the request was held is noticed first.
                yield_now().await;
            }
            let upgrade = request
                .headers()
                .contains_key(header::UPGRADE)
                .then(|| hyper::upgrade::on(&mut request));
            let mut response = upstream
                .send(request)
                .await
                .inspect_err(|error| reset_as_well(&**error, &caller))?;
            if let Some(upgrade) = upgrade
                && response.status() == StatusCode::SWITCHING_PROTOCOLS
            {
                tokio::spawn(splice(upgrade, hyper::upgrade::on(&mut response)));
            }
            Ok(response.map(|body| {
                body.map_err(move |error| {
                    reset_as_well(&error, &caller);
                    error.into()
                })
                .boxed_unsync()
            }))
        })
    }
}

/// Passes the bytes of an upgraded connection on, in both directions.
async fn splice(caller: OnUpgrade, upstream: OnUpgrade) {
    if let (Ok(caller), Ok(upstream)) = (caller.await, upstream.await) {
        // Either end may break off at any time.
        let _ = copy_bidirectional(&mut TokioIo::new(caller), &mut TokioIo::new(upstream)).await;
    }
}

/// Resets the caller's connection, if an error is the reset of the real one.
fn reset_as_well(error: &(dyn Error + 'static), caller: &ConnectionHandle) {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.kind() == io::ErrorKind::ConnectionReset
        {
            return caller.reset_on_close();
        }
        next = error.source();
    }
}
