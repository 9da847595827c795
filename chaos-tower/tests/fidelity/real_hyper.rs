//! Servers made with hyper whose handler or body fails.

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

use crate::real::{Framing, Midway, Server};

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// Which protocol the server speaks; HTTP/2 without TLS and upgrade.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Http {
    One,
    Two,
}

/// What goes wrong inside the server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Broken {
    /// Anything; hyper does not look at it.
    Somehow,
    /// hyper finds this in the chain of sources, and resets the stream with it.
    Because(h2::Reason),
}

impl From<Broken> for BoxError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Somehow => io::Error::other("broken").into(),
            // Not inside an `io::Error`, whose `source()` passes over it.
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
        // That it fails is what it is for.
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
    /// The handler itself fails.
    pub(crate) async fn handler_fails(http: Http, broken: Broken) -> Self {
        Self::each(move |stream| http.serve(stream, move |_| async move { Err(broken.into()) }))
            .await
    }

    /// The handler answers with a body that fails when it is first asked for data.
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
    /// The handler answers with a body that fails after half of it.
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
