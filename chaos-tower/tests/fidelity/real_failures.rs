//! Real failures on loopback, made by sockets.
//!
//! Each is a value, and lasts until it is dropped.

use std::future::{Future, pending};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn url(address: SocketAddr) -> String {
    format!("http://{address}/")
}

/// How a response frames its body.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Framing {
    ContentLength,
    Chunked,
}

impl Framing {
    fn head_and_half_the_body(self) -> &'static [u8] {
        match self {
            Self::ContentLength => b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst",
            Self::Chunked => {
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n5\r\nse"
            }
        }
    }
}

/// A port that is bound, so that no other process can use it, but has no listener.
pub(crate) struct ClosedPort(TcpSocket);

impl ClosedPort {
    pub(crate) fn bind() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(LOOPBACK).expect("a port");
        Self(socket)
    }

    pub(crate) fn url(&self) -> String {
        url(self.0.local_addr().expect("bound"))
    }
}

/// An address that seems to lose packets: its accept queue is full, and never drained.
pub(crate) struct BlackHole {
    listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl BlackHole {
    /// Longer than a connect takes on loopback, and shorter than the second after which Linux retries.
    const HANGS: Duration = Duration::from_millis(300);

    /// Fills the queue until a connect hangs.
    pub(crate) async fn fill() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(LOOPBACK).expect("a port");
        let listener = socket.listen(0).expect("a listener");
        let address = listener.local_addr().expect("bound");
        let mut queued = Vec::new();
        while let Ok(connected) =
            tokio::time::timeout(Self::HANGS, TcpStream::connect(address)).await
        {
            queued.push(connected.expect("a slot in the queue"));
            assert!(queued.len() < 16, "the queue never fills up");
        }
        Self {
            listener,
            _queued: queued,
        }
    }

    pub(crate) fn url(&self) -> String {
        url(self.listener.local_addr().expect("bound"))
    }
}

/// A server that handles every connection in the same way.
pub(crate) struct Server {
    address: SocketAddr,
    accepting: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Server {
    pub(crate) fn url(&self) -> String {
        url(self.address)
    }

    pub(super) async fn each<F, S>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> S + Send + 'static,
        S: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind(LOOPBACK).await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let accepting = tokio::spawn(async move {
            // Owned by this task, so that the connections end with the server.
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                connections.spawn(serve(stream));
            }
        });
        Self {
            address,
            accepting: accepting.abort_handle(),
        }
    }

    /// Reads the request, then sends FIN.
    pub(crate) async fn closes() -> Self {
        Self::each(async |mut stream| read_request(&mut stream).await).await
    }

    /// Reads the request, then sends RST.
    pub(crate) async fn resets() -> Self {
        Self::each(async |mut stream| {
            read_request(&mut stream).await?;
            stream.set_zero_linger()
        })
        .await
    }

    /// Reads the request and never responds.
    pub(crate) async fn never_responds() -> Self {
        Self::each(async |mut stream| {
            read_request(&mut stream).await?;
            pending().await
        })
        .await
    }

    /// Sends half the body, then FIN.
    pub(crate) async fn closes_midway(framing: Framing) -> Self {
        Self::each(move |mut stream| async move {
            read_request(&mut stream).await?;
            stream.write_all(framing.head_and_half_the_body()).await
        })
        .await
    }

    /// Sends half the body, then nothing more.
    pub(crate) async fn stalls_midway(framing: Framing) -> Self {
        Self::each(move |mut stream| async move {
            read_request(&mut stream).await?;
            stream.write_all(framing.head_and_half_the_body()).await?;
            pending().await
        })
        .await
    }

    /// Sends this response to every request.
    pub(crate) async fn answers(response: &'static str) -> Self {
        Self::each(move |mut stream| async move {
            loop {
                read_request(&mut stream).await?;
                stream.write_all(response.as_bytes()).await?;
            }
        })
        .await
    }
}

/// A server that breaks the body once the caller has received the response.
///
/// A reset may discard bytes that were sent before it. So the server waits until the caller calls
/// `service.map_response(server.notify_received())`.
pub(crate) struct Midway {
    server: Server,
    received: Arc<Notify>,
}

impl Midway {
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn notify_received<R>(&self) -> impl FnOnce(R) -> R + Clone + use<R> {
        let received = Arc::clone(&self.received);
        move |response| {
            received.notify_one();
            response
        }
    }

    /// `serve` waits for the notification before it breaks the body.
    pub(super) async fn each<F, S>(serve: F) -> Self
    where
        F: Fn(TcpStream, Arc<Notify>) -> S + Send + 'static,
        S: Future<Output = io::Result<()>> + Send + 'static,
    {
        let received = Arc::new(Notify::new());
        let notified = Arc::clone(&received);
        Self {
            server: Server::each(move |stream| serve(stream, Arc::clone(&notified))).await,
            received,
        }
    }

    /// Sends half the body, then RST.
    pub(crate) async fn resets(framing: Framing) -> Self {
        Self::each(move |mut stream, received| async move {
            read_request(&mut stream).await?;
            stream.write_all(framing.head_and_half_the_body()).await?;
            received.notified().await;
            stream.set_zero_linger()
        })
        .await
    }
}

/// Reads to the end of the head: a close with unread bytes would send RST instead of FIN.
pub(super) async fn read_request(stream: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(())
}
