//! The real connection of a hop, and its HTTP version.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderName, Request, Response, Uri, Version, header};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioExecutor;
use tokio::sync::{Notify, OnceCell};

use crate::box_error::BoxError;
use crate::reqwest::read_ahead::ReadAhead;

type Body = ReadAhead<Incoming>;

/// The headers of an HTTP/1 connection, which HTTP/2 does not have.
const OF_HTTP1: [HeaderName; 5] = [
    header::HOST,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// The real connection of a hop.
pub(super) struct Upstream<C> {
    connected: Connected,
    /// Taken by the first request, whose version may decide on that of the connection.
    connection: Mutex<Option<C>>,
    sender: OnceCell<Sender>,
    closed: Arc<Notify>,
}

enum Sender {
    Http1(Mutex<http1::SendRequest<Body>>),
    Http2(http2::SendRequest<Body>),
}

impl<C: Connection> Upstream<C> {
    pub(super) fn new(connection: C) -> Self {
        Self {
            connected: connection.connected(),
            connection: Mutex::new(Some(connection)),
            sender: OnceCell::new(),
            closed: Arc::default(),
        }
    }

    /// Returns once the connection is closed.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }
}

impl<C> Upstream<C>
where
    C: Read + Write + Connection + Unpin + Send + 'static,
{
    /// Sends a request, and returns the response in the version of the request.
    pub(super) async fn send(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, BoxError> {
        let version = request.version();
        let sender = self
            .sender
            .get_or_try_init(|| self.handshake(version))
            .await?;
        match sender {
            Sender::Http1(sender) => {
                if self.connected.is_proxied() {
                    // Only requests for plain HTTP are sent to a proxy in this way.
                    make_absolute(&mut request, "http")?;
                }
                let lock = || sender.lock().unwrap_or_else(PoisonError::into_inner);
                poll_fn(|cx| lock().poll_ready(cx)).await?;
                let reply = lock().send_request(request);
                Ok(reply.await?)
            }
            Sender::Http2(sender) => {
                if version != Version::HTTP_2 {
                    // TLS has negotiated HTTP/2.
                    make_absolute(&mut request, "https")?;
                    for name in OF_HTTP1 {
                        request.headers_mut().remove(name);
                    }
                    *request.version_mut() = Version::HTTP_2;
                }
                let mut response = sender.clone().send_request(request).await?;
                if version != Version::HTTP_2 {
                    *response.version_mut() = version;
                }
                Ok(response)
            }
        }
    }

    async fn handshake(&self, version: Version) -> Result<Sender, BoxError> {
        let connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let connection = connection.ok_or("the handshake with the service failed")?;
        let closed = Arc::clone(&self.closed);
        if self.connected.is_negotiated_h2() || version == Version::HTTP_2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), connection).await?;
            tokio::spawn(async move {
                let _ = connection.await;
                closed.notify_one();
            });
            Ok(Sender::Http2(sender))
        } else {
            let (sender, connection) = http1::handshake(connection).await?;
            tokio::spawn(async move {
                let _ = connection.with_upgrades().await;
                closed.notify_one();
            });
            Ok(Sender::Http1(Mutex::new(sender)))
        }
    }
}

/// Gives a request the absolute URL that it has without a connection of its own.
fn make_absolute(request: &mut Request<Body>, scheme: &str) -> Result<(), BoxError> {
    let host = request.headers().get(header::HOST).ok_or("no host")?;
    let url = Uri::builder().scheme(scheme).authority(host.as_bytes());
    let path = request.uri().path_and_query();
    let url = url.path_and_query(path.map_or("/", |path| path.as_str()));
    *request.uri_mut() = url.build()?;
    Ok(())
}
