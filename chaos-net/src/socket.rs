//! The trait of sockets that can carry a connection.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
#[cfg(unix)]
use tokio::net::UnixStream;

/// A socket that can carry a connection: it reads, writes, and may be able to reset.
///
/// Implement it for your own connection types. A wrapper around a socket, such as a TLS stream, should forward both
/// methods. A connection without resets needs only the empty `impl`: its peer then sees the end of the stream.
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
    /// Makes the close of the connection a reset.
    ///
    /// # Errors
    ///
    /// If the socket cannot be reset. It is then closed as usual.
    fn reset_on_close(&self) -> io::Result<()> {
        Ok(())
    }

    /// Resets the connection immediately where that is possible, else when it is closed.
    ///
    /// # Errors
    ///
    /// If the socket cannot be reset. It is then closed as usual.
    fn reset(&self) -> io::Result<()> {
        self.reset_on_close()
    }
}

/// Unix sockets have no reset: the peer sees the end of the stream, or a broken pipe.
#[cfg(unix)]
impl Socket for UnixStream {}

/// Streams in memory have no reset: the peer sees the end of the stream, or a broken pipe.
impl Socket for DuplexStream {}
