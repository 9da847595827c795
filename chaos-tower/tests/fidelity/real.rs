//! Failures on loopback that nobody injects: the sockets really do it.
//!
//! Each is a value; it ends when it is dropped.

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

/// How the length of a body is told.
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

/// A port that is taken, so that nobody else gets it, and on which nobody listens.
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

/// An address whose packets seem to get lost: its queue of connections is full, and nobody accepts any.
pub(crate) struct BlackHole {
    listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl BlackHole {
    /// Longer than a connect takes on loopback, and shorter than the second in which Linux asks again.
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
            queued.push(connected.expect("a place in the queue"));
            assert!(queued.len() < 16, "the queue has no end");
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

/// A server that does the same to every connection.
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
            // In here, so that the connections end with the server.
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

    /// Reads the request and says nothing.
    pub(crate) async fn never_answers() -> Self {
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

    /// Answers every request with this.
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

/// A server that breaks the body once the caller holds the response.
///
/// What was sent before a reset may be lost with it; so the server waits for a sign of the caller, given by
/// `service.map_response(server.once_received())`.
pub(crate) struct Midway {
    server: Server,
    received: Arc<Notify>,
}

impl Midway {
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn once_received<R>(&self) -> impl FnOnce(R) -> R + Clone + use<R> {
        let received = Arc::clone(&self.received);
        move |response| {
            received.notify_one();
            response
        }
    }

    /// `serve` gets what to wait for before it breaks the body.
    pub(super) async fn each<F, S>(serve: F) -> Self
    where
        F: Fn(TcpStream, Arc<Notify>) -> S + Send + 'static,
        S: Future<Output = io::Result<()>> + Send + 'static,
    {
        let received = Arc::new(Notify::new());
        let sign = Arc::clone(&received);
        Self {
            server: Server::each(move |stream| serve(stream, Arc::clone(&sign))).await,
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

/// Reads to the end of the head: a close with something unread would send RST, not FIN.
pub(super) async fn read_request(stream: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(())
}
