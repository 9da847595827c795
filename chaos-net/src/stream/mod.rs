//! A connection whose bytes may be hit by faults.

mod over;
mod parked;
mod reading;
mod treated;
mod writing;

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use chaos_core::adapter::{Armed, Needs};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connection::Connection;
use crate::{ConnectionHandle, Socket};
use treated::Treated;

/// A connection whose bytes may be hit by faults, made by a [`StreamSite`](crate::StreamSite).
///
/// While no experiment concerns its site it reads and writes as the bare one does, at the price of one relaxed load.
/// Bytes that are held by a latency are read from the socket all the same, up to 256 KiB of them; what is written is
/// held before it is accepted, so that nothing accepted can be lost. Whatever was held goes on, in order, when its
/// experiment ends.
///
/// # How it breaks
///
/// | fault | who reads here | who writes here | the peer |
/// |---|---|---|---|
/// | reset | `ConnectionReset` | `ConnectionReset` | a reset (TCP on Linux at once, elsewhere when this is dropped) |
/// | cut | the end | `BrokenPipe` | the end |
/// | half close of `read` | the end | goes on | nothing |
/// | half close of `write` | goes on | `BrokenPipe` | the end |
/// | error, timeout | [`Failure::io_kind`](crate::Failure::io_kind), if it is that direction | the same | nothing |
///
/// The errors hold the [`InjectedFault`](crate::InjectedFault), see [`io::Error::get_ref`]. As in reality, a reset
/// may overtake bytes that the peer has not read yet.
pub struct ChaosStream<T: Socket> {
    inner: T,
    connection: Connection,
    handle: OnceLock<ConnectionHandle>,
    treated: Option<Armed<Box<Treated>>>,
}

/// What goes with a stream that something concerns.
type Concerned<'a> = (&'a mut Treated, &'a mut Connection);

impl<T: Socket> ChaosStream<T> {
    pub(crate) fn new(inner: T, connection: Connection) -> Self {
        Self {
            inner,
            connection,
            handle: OnceLock::new(),
            treated: None,
        }
    }

    /// The connection itself.
    #[must_use]
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// A handle of this connection, for whoever does not own it.
    #[must_use]
    pub fn handle(&self) -> ConnectionHandle {
        self.handle.get_or_init(ConnectionHandle::default).clone()
    }

    /// The connection itself, and what its draws are keyed by.
    pub(crate) fn bare_parts(&mut self) -> (&mut T, &mut Connection) {
        (&mut self.inner, &mut self.connection)
    }

    /// The connection itself, and what goes with it if anything concerns it.
    #[inline]
    fn parts(&mut self) -> (Pin<&mut T>, Option<Concerned<'_>>) {
        let needs = self.connection.concerned();
        if needs.is_some() || self.treated.is_some() {
            self.keep(needs);
        }
        let connection = &mut self.connection;
        let treated = self.treated.as_mut().map(Armed::get_mut);
        (
            Pin::new(&mut self.inner),
            treated.map(|treated| (&mut **treated, connection)),
        )
    }

    fn keep(&mut self, needs: Option<Needs>) {
        if let Some(needs) = needs {
            self.treated
                .get_or_insert_with(|| needs.arm(Box::default()));
        } else {
            // What was held has to go first.
            self.treated.take_if(|treated| treated.get().is_idle());
        }
    }

    fn is_to_be_reset(&self) -> bool {
        self.handle
            .get()
            .is_some_and(ConnectionHandle::is_to_be_reset)
    }
}

impl<T: Socket> AsyncRead for ChaosStream<T> {
    #[inline]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut().parts() {
            (inner, None) => inner.poll_read(cx, buf),
            (inner, Some((treated, connection))) => {
                treated.poll_read(inner.get_mut(), connection, cx, buf)
            }
        }
    }
}

impl<T: Socket> AsyncWrite for ChaosStream<T> {
    #[inline]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut().parts() {
            (inner, None) => inner.poll_write(cx, buf),
            (inner, Some((treated, connection))) => {
                treated.poll_write(inner.get_mut(), connection, cx, &[IoSlice::new(buf)])
            }
        }
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut().parts() {
            (inner, None) => inner.poll_write_vectored(cx, bufs),
            (inner, Some((treated, connection))) => {
                treated.poll_write(inner.get_mut(), connection, cx, bufs)
            }
        }
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut().parts() {
            (inner, None) => inner.poll_flush(cx),
            (inner, Some((treated, _))) => treated.poll_flush(inner.get_mut(), cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_to_be_reset() {
            return Poll::Ready(Ok(()));
        }
        match self.get_mut().parts() {
            (inner, None) => inner.poll_shutdown(cx),
            (inner, Some((treated, _))) => treated.poll_shutdown(inner.get_mut(), cx),
        }
    }
}

impl<T: Socket> Socket for ChaosStream<T> {
    fn reset_on_close(&self) -> io::Result<()> {
        self.inner.reset_on_close()
    }

    fn reset(&self) -> io::Result<()> {
        self.inner.reset()
    }
}

impl<T: Socket> Drop for ChaosStream<T> {
    fn drop(&mut self) {
        if self.is_to_be_reset() {
            // A socket that does not take it is closed as usual.
            let _ = self.inner.reset_on_close();
        }
    }
}

impl<T: Socket + fmt::Debug> fmt::Debug for ChaosStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosStream")
            .field("inner", &self.inner)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
