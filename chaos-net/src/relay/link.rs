//! One end of a relayed connection.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use crate::Socket;

/// One end of a relayed connection.
#[derive(Debug)]
pub(super) enum Link {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// Calls a method of whichever socket it is.
macro_rules! of_either {
    ($link:expr, $socket:ident => $call:expr) => {
        match $link {
            Link::Tcp($socket) => $call,
            #[cfg(unix)]
            Link::Unix($socket) => $call,
        }
    };
}

impl Link {
    /// Has what is written go out at once: it was in the order and the pieces that it is to arrive in.
    pub(super) fn tcp(socket: TcpStream) -> Self {
        // A socket that does not take it is slower and nothing else.
        let _ = socket.set_nodelay(true);
        Self::Tcp(socket)
    }
}

impl Socket for Link {
    fn reset_on_close(&self) -> io::Result<()> {
        of_either!(self, socket => socket.reset_on_close())
    }

    fn reset(&self) -> io::Result<()> {
        of_either!(self, socket => socket.reset())
    }
}

impl AsyncRead for Link {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        of_either!(self.get_mut(), socket => Pin::new(socket).poll_read(cx, buf))
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        of_either!(self.get_mut(), socket => Pin::new(socket).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        of_either!(self.get_mut(), socket => Pin::new(socket).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        of_either!(self, socket => socket.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_either!(self.get_mut(), socket => Pin::new(socket).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        of_either!(self.get_mut(), socket => Pin::new(socket).poll_shutdown(cx))
    }
}
