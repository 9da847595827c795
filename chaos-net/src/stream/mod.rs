//! A connection whose bytes faults can affect.

mod end;
mod fault_state;
mod read_half;
mod waiting_task;
mod write_half;

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use chaos_core::adapter::{Armed, IdleTask, Needs};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connection_draws::{ConnectionDraws, ConnectionEnd};
use crate::{ConnectionHandle, Socket};
use fault_state::FaultState;
use waiting_task::WaitingTask;

/// A connection whose bytes faults can affect, made by a [`StreamSite`](crate::StreamSite).
///
/// While no experiment affects its site, it reads and writes like the socket in it, at the cost of one relaxed load.
/// A latency or loss does not limit throughput, up to the [room](crate::StreamSite::delayed_room) for bytes that wait.
/// When an experiment ends, held bytes pass in order.
///
/// # Writes
///
/// A write that waits for a latency or loss is accepted first and passed on when it is due, or each write would pay for
/// itself. The stream has no dedicated task: a task that waits in a read, a flush or a shutdown passes the bytes on. While
/// a read waits, as that of an HTTP connection does, a flush passes on what is due and returns, as on a TCP socket.
/// Otherwise it waits until no accepted bytes are left, as a shutdown always does. When the stream is dropped, accepted
/// bytes are written and flushed at once, and those that the socket does not take then are lost.
///
/// A failure after a delay is reported by the next call; if accepted bytes were lost, also by the next flush or
/// shutdown. All other faults hold or break a write before it is accepted.
///
/// # How it breaks
///
/// | fault | reads return | writes return | the peer sees |
/// |---|---|---|---|
/// | reset | `ConnectionReset` | `ConnectionReset` | a reset (TCP on Linux immediately, elsewhere when this stream is dropped) |
/// | cut | the end | `BrokenPipe` | the end |
/// | half close of `read` | the end | as before | nothing |
/// | half close of `write` | as before | `BrokenPipe` | the end |
/// | error, timeout | [`Failure::io_kind`](crate::Failure::io_kind), if it is that direction | the same | nothing |
///
/// The errors contain the [`InjectedFault`](crate::InjectedFault), see [`io::Error::get_ref`]. As with a real reset, bytes
/// that the peer has not read yet may be lost.
pub struct ChaosStream<T: Socket> {
    socket: T,
    draws: ConnectionDraws,
    handle: OnceLock<ConnectionHandle>,
    faults: Option<Armed<Box<FaultState>>>,
    /// The task that waits in a read.
    reader: IdleTask,
}

/// The state of a stream that an experiment affects.
type Affected<'a> = (&'a mut FaultState, &'a mut ConnectionDraws);

impl<T: Socket> ChaosStream<T> {
    pub(crate) fn new(socket: T, draws: ConnectionDraws) -> Self {
        Self {
            socket,
            draws,
            handle: OnceLock::new(),
            faults: None,
            reader: IdleTask::default(),
        }
    }

    /// Returns the socket.
    #[must_use]
    pub fn get_ref(&self) -> &T {
        &self.socket
    }

    /// Returns a handle of this connection, for code that does not own the stream.
    #[must_use]
    pub fn handle(&self) -> ConnectionHandle {
        self.handle.get_or_init(ConnectionHandle::default).clone()
    }

    /// Returns the socket, and the draws of the connection.
    pub(crate) fn socket_and_draws(&mut self) -> (&mut T, &mut ConnectionDraws) {
        (&mut self.socket, &mut self.draws)
    }

    /// Makes this the end of the server: what is read here is struck as `write`, what is written as `read`.
    ///
    /// For clients that only accept a plain socket: this stream is the other end of that socket. The client can be
    /// given an error only as a reset, so any error of `read` or `write` resets the connection.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use chaos_net::{BlastRadius, ChaosManager, Disconnect, Fault, StreamSite};
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    ///
    /// let chaos = ChaosManager::new();
    /// let payments = StreamSite::new(&chaos, "payments");
    /// let (mut client, other_end) = duplex(64);
    /// let mut other_end = payments.wrap(other_end).into_peer();
    /// let _cut = chaos.inject(
    ///     BlastRadius::streams_to("payments").operation("read"),
    ///     Fault::disconnect(Disconnect::CutAfter(2)),
    /// )?;
    /// assert!(other_end.write_all(b"paid").await.is_err());
    /// let mut seen = Vec::new();
    /// client.read_to_end(&mut seen).await?;
    /// assert_eq!(seen, b"pa");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn into_peer(mut self) -> Self {
        self.draws.move_to(ConnectionEnd::Peer);
        self
    }

    /// Returns the socket, and the fault state if an experiment affects the connection.
    #[inline]
    fn parts(&mut self) -> (Pin<&mut T>, Option<Affected<'_>>) {
        let needs = self.draws.needs();
        if needs.is_some() || self.faults.is_some() {
            self.update_faults(needs);
        }
        let draws = &mut self.draws;
        let faults = self.faults.as_mut().map(Armed::get_mut);
        (
            Pin::new(&mut self.socket),
            faults.map(|faults| (&mut **faults, draws)),
        )
    }

    fn update_faults(&mut self, needs: Option<Needs>) {
        if let Some(needs) = needs {
            let reader = &self.reader;
            self.faults.get_or_insert_with(|| {
                let mut faults = Box::<FaultState>::default();
                faults.set_reader(WaitingTask::of(reader.waker()));
                needs.arm(faults)
            });
        } else {
            // Held bytes have to pass first.
            self.faults.take_if(|faults| faults.get().is_idle());
        }
    }

    fn is_reset_requested(&self) -> bool {
        self.handle
            .get()
            .is_some_and(ConnectionHandle::is_reset_requested)
    }
}

impl<T: Socket> AsyncRead for ChaosStream<T> {
    #[inline]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        if stream.faults.is_some() {
            stream.reader.set(stream.draws.site(), cx);
        }
        let poll = match stream.parts() {
            (socket, None) => socket.poll_read(cx, buf),
            (socket, Some((faults, draws))) => faults.poll_read(socket.get_mut(), draws, cx, buf),
        };
        if poll.is_pending() && stream.faults.is_none() {
            stream.reader.set(stream.draws.site(), cx);
            // An experiment that started in the meantime has not woken this task.
            if stream.draws.needs().is_some() {
                cx.waker().wake_by_ref();
            }
        }
        poll
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
            (socket, None) => socket.poll_write(cx, buf),
            (socket, Some((faults, draws))) => {
                faults.poll_write(socket.get_mut(), draws, cx, &[IoSlice::new(buf)])
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
            (socket, None) => socket.poll_write_vectored(cx, bufs),
            (socket, Some((faults, draws))) => faults.poll_write(socket.get_mut(), draws, cx, bufs),
        }
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut().parts() {
            (socket, None) => socket.poll_flush(cx),
            (socket, Some((faults, draws))) => faults.poll_flush(socket.get_mut(), draws, cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_reset_requested() {
            return Poll::Ready(Ok(()));
        }
        match self.get_mut().parts() {
            (socket, None) => socket.poll_shutdown(cx),
            (socket, Some((faults, draws))) => faults.poll_shutdown(socket.get_mut(), draws, cx),
        }
    }
}

impl<T: Socket> Socket for ChaosStream<T> {
    fn reset_on_close(&self) -> io::Result<()> {
        self.socket.reset_on_close()
    }

    fn reset(&self) -> io::Result<()> {
        self.socket.reset()
    }
}

impl<T: Socket> Drop for ChaosStream<T> {
    fn drop(&mut self) {
        if self.is_reset_requested() {
            // A socket that cannot be reset is closed as usual.
            let _ = self.socket.reset_on_close();
        } else if let Some(faults) = self.faults.as_mut()
            && !std::thread::panicking()
        {
            faults.get_mut().pass_at_once(&mut self.socket);
        }
    }
}

impl<T: Socket + fmt::Debug> fmt::Debug for ChaosStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosStream")
            .field("socket", &self.socket)
            .field("draws", &self.draws)
            .finish_non_exhaustive()
    }
}
