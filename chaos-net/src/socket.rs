//! What can carry a connection.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// What can carry a connection: reads, writes, and perhaps resets.
///
/// Implement it for connections of your own. One that wraps a socket, such as a TLS stream, should pass both methods
/// on to it; one that knows no resets needs nothing but the empty `impl`, and its peer sees the end of the stream.
///
/// ```
/// # use std::io;
/// # use std::pin::Pin;
/// # use std::task::{Context, Poll};
/// # use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
/// # use tokio::net::TcpStream;
/// use chaos_net::Socket;
///
/// struct Counted {
///     socket: TcpStream,
///     // …
/// }
/// # impl AsyncRead for Counted {
/// #     fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
/// #         Pin::new(&mut self.socket).poll_read(cx, buf)
/// #     }
/// # }
/// # impl AsyncWrite for Counted {
/// #     fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
/// #         Pin::new(&mut self.socket).poll_write(cx, buf)
/// #     }
/// #     fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
/// #         Pin::new(&mut self.socket).poll_flush(cx)
/// #     }
/// #     fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
/// #         Pin::new(&mut self.socket).poll_shutdown(cx)
/// #     }
/// # }
///
/// impl Socket for Counted {
///     fn reset_on_close(&self) -> io::Result<()> {
///         self.socket.reset_on_close()
///     }
///
///     fn reset(&self) -> io::Result<()> {
///         self.socket.reset()
///     }
/// }
/// ```
pub trait Socket: AsyncRead + AsyncWrite + Unpin {
    /// Has the connection be reset when it is closed, from now on.
    ///
    /// # Errors
    ///
    /// When the socket does not take it; it is closed as usual then.
    fn reset_on_close(&self) -> io::Result<()> {
        Ok(())
    }

    /// Resets the connection at once where that is possible, and otherwise when it is closed.
    ///
    /// # Errors
    ///
    /// When the socket does not take it; it is closed as usual then.
    fn reset(&self) -> io::Result<()> {
        self.reset_on_close()
    }
}

impl Socket for TcpStream {
    fn reset_on_close(&self) -> io::Result<()> {
        self.set_zero_linger()
    }

    fn reset(&self) -> io::Result<()> {
        self.reset_on_close()?;
        // Linux resets a connection that is dissolved. It wakes whoever waits for the socket, too.
        #[cfg(target_os = "linux")]
        rustix::net::connect_unspec(self)?;
        Ok(())
    }
}

/// There is no reset between Unix sockets: the peer sees the end of the stream, or a broken pipe.
#[cfg(unix)]
impl Socket for UnixStream {}

/// There is no reset in memory: the peer sees the end of the stream, or a broken pipe.
impl Socket for DuplexStream {}
