//! Serves one connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::access::Transport;
use crate::service::AdminService;

/// How long the head of a request may take, which also bounds an idle connection.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);

/// The largest head of a request.
const LARGEST_HEAD: usize = 16 * 1024;

pub(super) async fn serve_connection<S>(stream: S, transport: Transport, service: Arc<AdminService>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let answer = service_fn(|request| {
        let (service, transport) = (Arc::clone(&service), transport.clone());
        async move { Ok::<_, Infallible>(service.answer(request, &transport).await) }
    });
    // A connection that breaks off is not logged: a log that stalls would hold up this thread, and halts with it.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}
