//! A plain server without failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

use crate::observation::{FIRST, SECOND};
use crate::real_failures::{Framing, Server, read_request};

/// A server that sends half of its body, and the rest once the caller has received the response.
pub(super) struct Upstream {
    server: Server,
    pub(super) go_on: Arc<Notify>,
    worked: Arc<AtomicU32>,
}

impl Upstream {
    pub(super) async fn serve(framing: Framing) -> Self {
        let (go_on, worked) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
        let (sign, work) = (Arc::clone(&go_on), Arc::clone(&worked));
        let server = Server::each(move |mut stream| {
            let (sign, work) = (Arc::clone(&sign), Arc::clone(&work));
            async move {
                loop {
                    read_request(&mut stream).await?;
                    work.fetch_add(1, Ordering::Relaxed);
                    stream.write_all(first_half(framing).as_bytes()).await?;
                    sign.notified().await;
                    stream.write_all(second_half(framing).as_bytes()).await?;
                }
            }
        });
        Self {
            server: server.await,
            go_on,
            worked,
        }
    }

    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    pub(super) fn worked(&self) -> u32 {
        self.worked.load(Ordering::Relaxed)
    }
}

/// Returns the head, and half of the body.
pub(super) fn first_half(framing: Framing) -> String {
    match framing {
        Framing::ContentLength => {
            format!("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{FIRST}")
        }
        Framing::Chunked => {
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{FIRST}\r\n")
        }
    }
}

fn second_half(framing: Framing) -> String {
    match framing {
        Framing::ContentLength => SECOND.to_owned(),
        Framing::Chunked => format!("5\r\n{SECOND}\r\n0\r\n\r\n"),
    }
}
