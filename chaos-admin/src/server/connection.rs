//! Serves one connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_io_timeout::TimeoutStream;

use super::connections::{Place, Replying};
use crate::access::Transport;
use crate::reply::ReplyBody;
use crate::service::AdminService;

/// How long the head of a request may take, which also bounds an idle connection.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);

/// The largest head of a request.
const LARGEST_HEAD: usize = 16 * 1024;

/// How long a client may leave a reply unread.
const REPLY_PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn serve_connection<S>(
    stream: S,
    transport: Transport,
    service: Arc<AdminService>,
    place: Arc<Place>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let answer = service_fn(|request| {
        let (service, transport) = (Arc::clone(&service), transport.clone());
        let replying = place.replying();
        async move {
            let reply = service.answer(request, &transport).await;
            Ok::<_, Infallible>(reply.map(|body| Unsent {
                body,
                _replying: replying,
            }))
        }
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(REPLY_PATIENCE));
    // A connection that breaks off is not logged: a log that stalls would hold up this thread, and halts with it.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), answer)
        .await;
}

/// The body of a reply that is not sent yet; that of a feed never is.
struct Unsent {
    body: ReplyBody,
    _replying: Replying,
}

impl Body for Unsent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use chaos_core::ChaosManager;
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::Admin;
    use crate::server::connections::Connections;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_nothing_is_cut_off() {
        let service = Admin::new(&ChaosManager::new()).into_service().unwrap();
        let (mut client, server) = tokio::io::duplex(1024);
        let (place, _closed) = Arc::new(Connections::default()).enter();
        let request = b"GET /chaos/v1/schema HTTP/1.1\r\nhost: localhost\r\n\r\n";
        client.write_all(request).await.unwrap();
        let served = serve_connection(server, Transport::Tcp, service, place);
        // In virtual time, which passes only while nothing else can happen.
        let ended = tokio::time::timeout(10 * REPLY_PATIENCE, served).await;
        assert!(ended.is_ok());
    }
}
