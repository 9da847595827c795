//! The server of a hop, which the caller is connected to.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use chaos_net::{ChaosStream, Socket};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::Connection;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tower_service::Service;

use super::forward::{Forward, UpstreamBody};
use crate::body::ChaosBody;
use crate::box_error::BoxError;
use crate::reqwest::read_ahead::ReadAhead;
use crate::role::Wire;
use crate::service::ChaosService;

/// The hop in one connection, as the server of its caller.
pub(super) struct Hop<C> {
    forward: Forward<C>,
    calls: ChaosService<Forward<C>, Wire>,
}

impl<C> Hop<C>
where
    C: Read + Write + Connection + Unpin + Send + 'static,
{
    /// Creates a hop that forwards to an open connection.
    pub(super) fn new(wire: Wire, upstream: C) -> Self {
        let forward = Forward::new(upstream, wire.connection().clone());
        Self {
            calls: ChaosService::new(forward.clone(), wire),
            forward,
        }
    }

    /// Serves the caller until one of the two connections closes.
    pub(super) async fn carry<T: Socket + Send + 'static>(self, caller: ChaosStream<T>) {
        let forward = self.forward.clone();
        let mut server = auto::Builder::new(TokioExecutor::new());
        server
            .http1()
            .preserve_header_case(true)
            .auto_date_header(false);
        server.http2().auto_date_header(false);
        let serving = server.serve_connection_with_upgrades(TokioIo::new(caller), self);
        let mut serving = pin!(serving);
        let mut closed = pin!(forward.closed());
        let mut is_closed = false;
        let _ = poll_fn(|cx| {
            if !is_closed && closed.as_mut().poll(cx).is_ready() {
                is_closed = true;
                // At once if the caller's connection is idle, so that its pool makes no call on it.
                serving.as_mut().graceful_shutdown();
            }
            serving.as_mut().poll(cx)
        })
        .await;
    }
}

impl<C> hyper::service::Service<Request<Incoming>> for Hop<C>
where
    C: Read + Write + Connection + Unpin + Send + 'static,
{
    type Response = Response<ChaosBody<UpstreamBody>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let request = request.map(ReadAhead::new);
        let body = request.body().share();
        let mut call = Box::pin(self.calls.clone().call(request));
        Box::pin(poll_fn(move |cx| {
            if let Poll::Ready(reply) = call.as_mut().poll(cx) {
                return Poll::Ready(reply);
            }
            // While a fault holds the request, only a server that has read it all notices that the caller gives up.
            body.read_until_taken(cx);
            Poll::Pending
        }))
    }
}
