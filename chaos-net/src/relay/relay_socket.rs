//! The socket of one side of a relayed connection: TCP or Unix.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use crate::Socket;

/// The socket of one side of a relayed connection.
#[derive(Debug)]
pub(super) enum RelaySocket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// Calls a method of the inner socket.
macro_rules! with_socket {
    ($relay_socket:expr, $socket:ident => $call:expr) => {
        match $relay_socket {
            RelaySocket::Tcp($socket) => $call,
            #[cfg(unix)]
            RelaySocket::Unix($socket) => $call,
        }
    };
}

impl RelaySocket {
    /// Wraps a TCP socket. It sends writes immediately, so that delays and slices of the relay reach the peer.
    pub(super) fn tcp(socket: TcpStream) -> Self {
        // Without this option the relay still works, only slower.
        let _ = socket.set_nodelay(true);
        Self::Tcp(socket)
    }

    /// Waits for bytes, and copies them without taking them; a Unix socket can't, and has none.
    pub(super) async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.peek(buf).await,
            #[cfg(unix)]
            Self::Unix(_) => Ok(0),
        }
    }
}

impl Socket for RelaySocket {
    fn reset_on_close(&self) -> io::Result<()> {
        with_socket!(self, socket => socket.reset_on_close())
    }

    fn reset(&self) -> io::Result<()> {
        with_socket!(self, socket => socket.reset())
    }
}

impl AsyncRead for RelaySocket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        with_socket!(self.get_mut(), socket => Pin::new(socket).poll_read(cx, buf))
    }
}

impl AsyncWrite for RelaySocket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        with_socket!(self.get_mut(), socket => Pin::new(socket).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        with_socket!(self.get_mut(), socket => Pin::new(socket).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        with_socket!(self, socket => socket.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_socket!(self.get_mut(), socket => Pin::new(socket).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        with_socket!(self.get_mut(), socket => Pin::new(socket).poll_shutdown(cx))
    }
}
