//! The real failure of each cell of the table.

use std::any::Any;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::observation::{FIRST, Observer, OnResponse, SECOND};
use crate::real_failures::{BlackHole, ClosedPort, Framing, Midway, Server, read_request};
use crate::real_http2;
use crate::table::{Column, Row};

/// A server that really fails.
pub(crate) struct Real {
    url: String,
    on_response: OnResponse,
    _kept: Box<dyn Any>,
}

impl Real {
    pub(crate) async fn of(row: Row, column: Column) -> Self {
        if column == Column::ServerHttp2
            && let Some(real) = real_http2::of(row).await
        {
            return real;
        }
        match row {
            Row::Latency => Server::never_responds().await.into(),
            Row::Unavailable => answers("503 Service Unavailable\r\nretry-after: 1").await,
            Row::Overloaded => answers("429 Too Many Requests\r\nretry-after: 1").await,
            Row::GatewayTimeout => answers("504 Gateway Timeout").await,
            Row::RateLimit => answers("429 Too Many Requests\r\nretry-after: 60").await,
            Row::CircuitOpen => answers("503 Service Unavailable\r\nretry-after: 7").await,
            Row::Timeout => match column {
                // A gateway reports a server's timeout. hyper-util's client has no timeouts.
                Column::ServerToReqwest
                | Column::ServerToHyper
                | Column::ServerHttp2
                | Column::HyperLayer => answers("504 Gateway Timeout").await,
                _ => Server::never_responds().await.into(),
            },
            Row::Refused => {
                let port = ClosedPort::bind();
                Self::new(port.url(), port)
            }
            Row::Reset | Row::ResetAfterWork => Server::resets().await.into(),
            Row::Closed => Server::closes().await.into(),
            Row::CutWithLength => Server::closes_midway(Framing::ContentLength).await.into(),
            Row::CutInChunks => Server::closes_midway(Framing::Chunked).await.into(),
            Row::ResetMidway => Midway::resets(Framing::ContentLength).await.into(),
            Row::StallMidway => Server::stalls_midway(Framing::ContentLength).await.into(),
            Row::ConnectTimeout => {
                let hole = BlackHole::fill().await;
                Self::new(hole.url(), hole)
            }
            Row::Bandwidth => drips().await.into(),
            Row::Corrupt => answers_with("200 OK", "\0\0\0\0\0\0\0\0\0\0").await,
        }
    }

    fn new(url: String, kept: impl Any) -> Self {
        Self {
            url,
            on_response: Arc::new(|| {}),
            _kept: Box::new(kept),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn observer(&self, row: Row) -> Observer {
        Observer {
            row,
            on_response: Arc::clone(&self.on_response),
        }
    }
}

impl From<Server> for Real {
    fn from(server: Server) -> Self {
        Self::new(server.url(), server)
    }
}

impl From<Midway> for Real {
    fn from(midway: Midway) -> Self {
        let notify = midway.notify_received::<()>();
        Self {
            on_response: Arc::new(move || notify.clone()(())),
            ..Self::new(midway.url(), midway)
        }
    }
}

async fn answers(head: &'static str) -> Real {
    answers_with(head, "sorry").await
}

async fn answers_with(head: &'static str, body: &'static str) -> Real {
    let server = Server::each(move |mut stream| async move {
        read_request(&mut stream).await?;
        let response = format!(
            "HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(response.as_bytes()).await?;
        pending().await
    });
    server.await.into()
}

/// The time that a slow server takes for each byte.
pub(crate) const PER_BYTE: Duration = Duration::from_millis(20);

/// Sends one byte at a time.
async fn drips() -> Server {
    Server::each(|mut stream| async move {
        read_request(&mut stream).await?;
        stream.set_nodelay(true)?;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")
            .await?;
        for byte in [FIRST, SECOND].concat().bytes() {
            tokio::time::sleep(PER_BYTE).await;
            stream.write_u8(byte).await?;
        }
        pending().await
    })
    .await
}
