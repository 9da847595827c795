//! Servers of hyper whose handler or body fails.

use std::error::Error;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::channel::Channel;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;

use crate::real_failures::{Framing, Midway, Server};

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// The protocol of the server; HTTP/2 is without TLS and upgrade.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Http {
    One,
    Two,
}

/// The error inside the server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Broken {
    /// Any error; hyper ignores its kind.
    Somehow,
    /// An error with a reason, with which hyper resets the stream.
    Because(h2::Reason),
}

impl From<Broken> for BoxError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Somehow => io::Error::other("broken").into(),
            // Not wrapped in an `io::Error`, whose `source()` would skip it.
            Broken::Because(reason) => h2::Error::from(reason).into(),
        }
    }
}

impl Http {
    pub(crate) async fn serve<F>(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        handler: impl Fn(Request<Incoming>) -> F + Send,
    ) -> io::Result<()>
    where
        F: Future<Output = Result<Response<Channel<Bytes, BoxError>>, BoxError>> + Send + 'static,
    {
        let (stream, service) = (TokioIo::new(stream), service_fn(handler));
        // Expected to fail.
        let _ = match self {
            Self::One => {
                http1::Builder::new()
                    .serve_connection(stream, service)
                    .await
            }
            Self::Two => {
                http2::Builder::new(TokioExecutor::new())
                    .serve_connection(stream, service)
                    .await
            }
        };
        Ok(())
    }
}

impl Server {
    /// The handler fails.
    pub(crate) async fn handler_fails(http: Http, broken: Broken) -> Self {
        Self::each(move |stream| http.serve(stream, move |_| async move { Err(broken.into()) }))
            .await
    }

    /// The handler returns a body that fails at its first poll.
    pub(crate) async fn body_fails_at_once(http: Http, framing: Framing, broken: Broken) -> Self {
        Self::each(move |stream| {
            http.serve(stream, move |_| async move {
                let (sender, body) = Channel::new(1);
                sender.abort(broken.into());
                Ok(framing.response(body))
            })
        })
        .await
    }
}

impl Midway {
    /// The handler returns a body that fails halfway.
    pub(crate) async fn body_fails(http: Http, framing: Framing, broken: Broken) -> Self {
        Self::each(move |stream, received: Arc<Notify>| {
            http.serve(stream, move |_| {
                let received = Arc::clone(&received);
                async move {
                    let (mut sender, body) = Channel::new(1);
                    tokio::spawn(async move {
                        sender.send_data(Bytes::from_static(b"first")).await?;
                        received.notified().await;
                        sender.abort(broken.into());
                        Ok::<_, BoxError>(())
                    });
                    Ok(framing.response(body))
                }
            })
        })
        .await
    }
}

impl Framing {
    pub(crate) fn response<B>(self, body: B) -> Response<B> {
        let response = Response::builder();
        match self {
            Self::ContentLength => response.header(header::CONTENT_LENGTH, 10),
            Self::Chunked => response,
        }
        .body(body)
        .expect("a response")
    }
}
