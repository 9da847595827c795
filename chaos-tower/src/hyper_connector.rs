//! A connector for hyper-util's client that injects faults into its connections.

use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use chaos_core::ChaosManager;
use chaos_net::{ChaosStream, Socket, StreamSite};
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tower_service::Service;

use crate::box_error::BoxError;
use crate::connect::connect;

/// A connector for hyper-util's client that injects faults into its connections.
///
/// Blast radii select its connections by [`streams_to(service)`](crate::BlastRadius::streams_to); their operations are
/// `connect`, `read` and `write`. Wrap the connector that opens sockets in it, and wrap it in the TLS connector, so that
/// faults happen below TLS: `HttpsConnector::from((ChaosConnector::new(..), config))`.
///
/// ```
/// use bytes::Bytes;
/// use chaos_tower::{BlastRadius, ChaosConnector, ChaosManager, Failure, Fault};
/// use http_body_util::Empty;
/// use hyper_util::client::legacy::{Client, connect::HttpConnector};
/// use hyper_util::rt::TokioExecutor;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let chaos = ChaosManager::new();
/// let connector = ChaosConnector::new(HttpConnector::new(), &chaos, "payments");
/// let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
///
/// let down = BlastRadius::streams_to("payments").operation("connect");
/// let _down = chaos.inject(down, Fault::error(Failure::Refused))?;
/// let error = client.get("http://payments.test/".parse()?).await.unwrap_err();
/// assert!(error.is_connect());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ChaosConnector<C> {
    inner: C,
    site: StreamSite,
}

impl<C> ChaosConnector<C> {
    /// Creates a connector that injects faults into the connections to this service.
    #[must_use]
    pub fn new(inner: C, chaos: &ChaosManager, service: &str) -> Self {
        Self {
            inner,
            site: StreamSite::new(chaos, service),
        }
    }
}

impl<C, T> Service<Uri> for ChaosConnector<C>
where
    C: Service<Uri, Response = TokioIo<T>, Future: Send> + Clone + Send + 'static,
    C::Error: Into<BoxError>,
    T: Socket + Send + 'static,
{
    type Response = ChaosConnection<T>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<ChaosConnection<T>, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        // The connector that was polled ready makes the connection; a clone takes its place.
        let fresh = self.clone();
        let Self { mut inner, site } = mem::replace(self, fresh);
        Box::pin(async move {
            let connecting = async {
                let connection = inner.call(to).await.map_err(Into::into)?;
                Ok(connection.into_inner())
            };
            let stream = connect(&site, connecting).await?;
            Ok(ChaosConnection(TokioIo::new(stream)))
        })
    }
}

/// A connection of a [`ChaosConnector`].
#[derive(Debug)]
pub struct ChaosConnection<T: Socket>(TokioIo<ChaosStream<T>>);

impl<T: Socket + Connection> Connection for ChaosConnection<T> {
    fn connected(&self) -> Connected {
        self.0.inner().get_ref().connected()
    }
}

impl<T: Socket> Read for ChaosConnection<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<T: Socket> Write for ChaosConnection<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
