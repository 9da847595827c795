//! The real failures of the table that look different in HTTP/2.

use std::future::pending;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http_body_util::channel::Channel;
use hyper::body::Incoming;
use tokio::io::{AsyncWriteExt, copy, duplex, sink};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::hyper_servers::{BoxError, Broken, Http};
use crate::observation::{FIRST, SECOND};
use crate::real_cells::{PER_BYTE, Real};
use crate::real_failures::{Framing, Midway, Server};
use crate::table::Row;

type Reply = Result<Response<Channel<Bytes, BoxError>>, BoxError>;

/// Returns `None` where the protocol makes no difference.
pub(crate) async fn of(row: Row) -> Option<Real> {
    Some(match row {
        Row::Latency => handles(pending).await,
        Row::Unavailable => answers(503, Some(1)).await,
        Row::Overloaded => answers(429, Some(1)).await,
        Row::GatewayTimeout | Row::Timeout => answers(504, None).await,
        Row::RateLimit => answers(429, Some(60)).await,
        Row::CircuitOpen => answers(503, Some(7)).await,
        Row::Reset | Row::ResetAfterWork => Server::handler_fails(Http::Two, Broken::Somehow)
            .await
            .into(),
        Row::Closed => closes_after_request().await.into(),
        Row::CutWithLength => closes_midway().await.into(),
        Row::ResetMidway => Midway::body_fails(Http::Two, Framing::ContentLength, Broken::Somehow)
            .await
            .into(),
        Row::StallMidway => handles(async || Ok(half_a_body())).await,
        Row::Bandwidth => handles(async || Ok(drips())).await,
        Row::Corrupt => handles(async || Ok(Response::new(body(&[0; 10])))).await,
        Row::CutInChunks | Row::Refused | Row::ConnectTimeout => return None,
    })
}

async fn handles<F>(handler: impl Fn() -> F + Clone + Send + 'static) -> Real
where
    F: Future<Output = Reply> + Send + 'static,
{
    let server = Server::each(move |stream| {
        let handler = handler.clone();
        Http::Two.serve(stream, move |_| handler())
    });
    server.await.into()
}

async fn answers(status: u16, retry_after: Option<u32>) -> Real {
    handles(move || async move {
        let mut response = Response::builder().status(status);
        if let Some(wait) = retry_after {
            response = response.header("retry-after", wait);
        }
        Ok(response.body(body(b"sorry"))?)
    })
    .await
}

fn body(bytes: &'static [u8]) -> Channel<Bytes, BoxError> {
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move { sender.send_data(Bytes::from_static(bytes)).await });
    body
}

fn half_a_body() -> Response<Channel<Bytes, BoxError>> {
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        let _ = sender.send_data(Bytes::from_static(FIRST.as_bytes())).await;
        pending::<()>().await;
    });
    Framing::ContentLength.response(body)
}

fn drips() -> Response<Channel<Bytes, BoxError>> {
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        for byte in [FIRST, SECOND].concat().into_bytes() {
            tokio::time::sleep(PER_BYTE).await;
            let _ = sender.send_data(Bytes::from(vec![byte])).await;
        }
    });
    Framing::ContentLength.response(body)
}

/// Closes the connection once a request has arrived.
async fn closes_after_request() -> Server {
    Server::each(|stream| async move {
        let requested = Arc::new(Notify::new());
        let handler = {
            let requested = Arc::clone(&requested);
            move |_: http::Request<Incoming>| {
                requested.notify_one();
                pending::<Reply>()
            }
        };
        serve_until(stream, handler, &requested).await
    })
    .await
}

/// Closes the connection in the middle of a body.
async fn closes_midway() -> Midway {
    Midway::each(|stream, received| async move {
        serve_until(stream, |_| async { Ok(half_a_body()) }, &received).await
    })
    .await
}

/// Serves a connection until it is notified, then sends FIN.
async fn serve_until<F>(
    mut stream: TcpStream,
    handler: impl Fn(http::Request<Incoming>) -> F + Send + 'static,
    end: &Notify,
) -> io::Result<()>
where
    F: Future<Output = Reply> + Send + 'static,
{
    let (near, far) = duplex(64 * 1024);
    let (mut near_reads, mut near_writes) = tokio::io::split(near);
    let (mut reads, mut writes) = stream.split();
    let mut serving = JoinSet::new();
    serving.spawn(Http::Two.serve(far, handler));
    tokio::select! {
        read = copy(&mut reads, &mut near_writes) => drop(read?),
        written = copy(&mut near_reads, &mut writes) => drop(written?),
        () = end.notified() => {}
    }
    writes.shutdown().await?;
    // A close with unread bytes would send RST.
    copy(&mut reads, &mut sink()).await?;
    Ok(())
}
