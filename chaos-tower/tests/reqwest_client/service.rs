//! The service that the client calls.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};

/// The path of the requests at which the service fails.
pub(crate) const FAILING: &str = "/failing";

/// The path of the requests that take a while.
pub(crate) const SLOW: &str = "/slow";

/// What a service has seen.
#[derive(Debug, Default)]
struct Seen {
    connections: AtomicU32,
    requests: Mutex<Vec<Request<usize>>>,
}

/// A service that responds to each request with the length of its body.
pub(crate) struct Service {
    address: SocketAddr,
    seen: Arc<Seen>,
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Service {
    /// Starts it in its own runtime, so that its tasks are not counted.
    pub(crate) async fn start() -> Self {
        let runtime = runtime();
        let mut service = Self::start_in(runtime.handle().clone()).await;
        service.runtime = Some(runtime);
        service
    }

    /// Starts it in the runtime of its caller, whose virtual clock stands still while it works.
    pub(crate) async fn start_here() -> Self {
        Self::start_in(Handle::current()).await
    }

    async fn start_in(handle: Handle) -> Self {
        let seen = Arc::new(Seen::default());
        let listener = handle.spawn(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.await.unwrap().unwrap();
        let address = listener.local_addr().unwrap();
        let all = Arc::clone(&seen);
        handle.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                tokio::spawn(serve(stream, Arc::clone(&all)));
            }
        });
        Self {
            address,
            seen,
            handle,
            runtime: None,
        }
    }

    /// Also listens on a Unix socket.
    #[cfg(unix)]
    pub(crate) async fn listen_at(&self, path: &std::path::Path) {
        let path = path.to_owned();
        let bound = self
            .handle
            .spawn(async { tokio::net::UnixListener::bind(path) });
        let listener = bound.await.unwrap().unwrap();
        let seen = Arc::clone(&self.seen);
        self.handle.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&seen)));
            }
        });
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many requests it has worked on.
    pub(crate) fn worked(&self) -> usize {
        self.seen.requests.lock().unwrap().len()
    }

    pub(crate) fn connections(&self) -> u32 {
        self.seen.connections.load(Ordering::Relaxed)
    }

    /// The requests so far, with the lengths of their bodies.
    pub(crate) fn requests(&self) -> Vec<Request<usize>> {
        self.seen.requests.lock().unwrap().clone()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, seen: Arc<Seen>) {
    seen.connections.fetch_add(1, Ordering::Relaxed);
    let service = service_fn(move |request| respond(request, Arc::clone(&seen)));
    let mut server = auto::Builder::new(TokioExecutor::new());
    // A date in a response would be that of the hop.
    server.http1().auto_date_header(false);
    server.http2().auto_date_header(false);
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(
    request: Request<Incoming>,
    seen: Arc<Seen>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let len = match body.collect().await {
        Ok(body) => body.to_bytes().len(),
        // The caller has gone.
        Err(_) => return Ok(Response::default()),
    };
    let mut response = Response::new(Full::from(len.to_string()));
    if parts.uri.path() == SLOW {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if parts.uri.path() == FAILING {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    let request = Request::from_parts(parts, len);
    seen.requests.lock().unwrap().push(request);
    assert!(!thread::panicking());
    Ok(response)
}
