//! The real failures of the table that look another way in HTTP/2.

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

use crate::observed::{FIRST, SECOND};
use crate::real::{Framing, Midway, Server};
use crate::real_cell::{PER_BYTE, Real};
use crate::real_hyper::{BoxError, Broken, Http};
use crate::table::Row;

type Reply = Result<Response<Channel<Bytes, BoxError>>, BoxError>;

/// None where the protocol makes no difference.
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
        Row::Closed => closes_once_asked().await.into(),
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

/// Ends the connection when a request has come.
async fn closes_once_asked() -> Server {
    Server::each(|stream| async move {
        let asked = Arc::new(Notify::new());
        let handler = {
            let asked = Arc::clone(&asked);
            move |_: http::Request<Incoming>| {
                asked.notify_one();
                pending::<Reply>()
            }
        };
        until(stream, handler, &asked).await
    })
    .await
}

/// Ends the connection in the midst of a body.
async fn closes_midway() -> Midway {
    Midway::each(|stream, received| async move {
        until(stream, |_| async { Ok(half_a_body()) }, &received).await
    })
    .await
}

/// Serves a connection until it has been told to end it, by FIN.
async fn until<F>(
    mut stream: TcpStream,
    handler: impl Fn(http::Request<Incoming>) -> F + Send + 'static,
    told: &Notify,
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
        () = told.notified() => {}
    }
    writes.shutdown().await?;
    // A close with something unread would send RST.
    copy(&mut reads, &mut sink()).await?;
    Ok(())
}
