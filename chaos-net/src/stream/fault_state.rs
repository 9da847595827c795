//! The fault state of a connection: its two halves, and how a fault breaks them.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use chaos_core::InjectedFault;
use chaos_core::adapter::{Breakage, Broken};
use tokio::io::ReadBuf;

use super::end::End;
use super::read_half::ReadHalf;
use super::waiting_task::{Drivers, WaitingTask};
use super::write_half::WriteHalf;
use crate::Socket;
use crate::connection_draws::{ConnectionDraws, ConnectionEnd};

/// The fault state of a connection that an experiment affects.
#[derive(Debug, Default)]
pub(super) struct FaultState {
    read: ReadHalf,
    write: WriteHalf,
    shutdown: Shutdown,
    drivers: Arc<Drivers>,
}

/// Whether a break still has to shut the socket down.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Shutdown {
    /// No fault has broken the connection; the caller shuts it down.
    #[default]
    Caller,
    /// The peer has yet to see the end of the stream.
    Pending,
    /// The peer has seen the end of the stream, or a reset.
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Direction {
    Read,
    Write,
}

impl FaultState {
    /// True when reads and writes can go straight to the socket.
    pub(super) fn is_idle(&self) -> bool {
        self.read.is_idle() && self.write.is_idle()
    }

    pub(super) fn poll_read<T: Socket>(
        &mut self,
        socket: &mut T,
        draws: &mut ConnectionDraws,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_pending_shutdown(socket, cx);
        // A task that wrote bytes usually waits for the answer next, so the reader drives them on.
        self.drain_for_reader(socket, draws, cx);
        loop {
            match ready!(self.read.poll(socket, draws, cx, buf)) {
                Ok(result) => return Poll::Ready(result),
                Err(broken) => self.break_connection(Direction::Read, broken, socket, draws, cx),
            }
        }
    }

    pub(super) fn poll_write<T: Socket>(
        &mut self,
        socket: &mut T,
        draws: &mut ConnectionDraws,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_pending_shutdown(socket, cx);
        let drivers = self.drivers(cx);
        let mut driven = Context::from_waker(&drivers);
        loop {
            let poll = self.write.poll(socket, draws, &mut driven, bufs);
            self.write.waiting().record(&poll, cx);
            match ready!(poll) {
                Ok(result) => {
                    // These bytes may have been the last before a break.
                    if let Poll::Ready(broken) = self.write.poll_break(&mut driven) {
                        self.break_connection(Direction::Write, broken, socket, draws, cx);
                    }
                    return Poll::Ready(result);
                }
                Err(broken) => self.break_connection(Direction::Write, broken, socket, draws, cx),
            }
        }
    }

    pub(super) fn poll_shutdown<T: Socket>(
        &mut self,
        socket: &mut T,
        draws: &mut ConnectionDraws,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(socket, draws, cx))?;
        match self.shutdown {
            Shutdown::Done => Poll::Ready(Ok(())),
            Shutdown::Caller | Shutdown::Pending => Pin::new(socket).poll_shutdown(cx),
        }
    }

    /// Flushes the bytes that are due; those that wait for a delay are driven on by a task that waits in a read.
    ///
    /// Without such a task, the flush waits for them: nothing else would drive them on.
    pub(super) fn poll_flush<T: Socket>(
        &mut self,
        socket: &mut T,
        draws: &mut ConnectionDraws,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_pending_shutdown(socket, cx);
        if self.poll_drain(socket, draws, cx)?.is_pending() {
            self.write.flush_later();
            if self.write.holds_due_bytes() || !self.read.waiting().is_set() {
                return Poll::Pending;
            }
        }
        if self.write.is_ended() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(socket).poll_flush(cx)
    }

    /// Waits until no accepted bytes are left.
    fn poll_drain<T: Socket>(
        &mut self,
        socket: &mut T,
        draws: &mut ConnectionDraws,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let poll = self.poll_drain_once(socket, draws, cx);
        self.write.waiting().record(&poll, cx);
        if let Err(broken) = ready!(poll) {
            self.break_connection(Direction::Write, broken, socket, draws, cx);
        }
        Poll::Ready(self.write.take_failure())
    }

    /// Drives accepted bytes on for a reader.
    fn drain_for_reader<T: Socket>(
        &mut self,
        socket: &mut T,
        draws: &mut ConnectionDraws,
        cx: &mut Context<'_>,
    ) {
        let held = self.write.holds_bytes();
        match self.poll_drain_once(socket, draws, cx) {
            Poll::Ready(Err(broken)) => {
                self.break_connection(Direction::Write, broken, socket, draws, cx);
            }
            Poll::Ready(Ok(())) if held => self.write.waiting().wake(),
            _ => {}
        }
    }

    fn poll_drain_once<T: Socket>(
        &mut self,
        socket: &mut T,
        draws: &mut ConnectionDraws,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>> {
        if !self.write.has_work() {
            return Poll::Ready(Ok(()));
        }
        if self.write.holds_bytes() {
            self.write.follow(draws);
        }
        let drivers = self.drivers(cx);
        self.write
            .poll_drain(socket, &mut Context::from_waker(&drivers))
    }

    /// A waker of all tasks that use the connection: each drives the accepted bytes on.
    fn drivers(&mut self, cx: &Context<'_>) -> Waker {
        self.drivers
            .set(self.read.waiting(), self.write.waiting(), cx.waker());
        Waker::from(Arc::clone(&self.drivers))
    }

    /// Writes the accepted bytes without their delay, as far as the socket takes them.
    pub(super) fn pass_at_once<T: Socket>(&mut self, socket: &mut T) {
        self.write.pass_at_once(socket);
    }

    /// Sets the task that waits in a read since before a fault affected the connection.
    pub(super) fn set_reader(&mut self, task: WaitingTask) {
        self.read.set_waiting(task);
    }

    /// Breaks the connection as required by the fault in one direction.
    fn break_connection<T: Socket>(
        &mut self,
        direction: Direction,
        broken: Broken,
        socket: &mut T,
        draws: &ConnectionDraws,
        cx: &mut Context<'_>,
    ) {
        let Broken { how, fault } = broken;
        let how = match (how, draws.end()) {
            // The site is at the other end of the socket, which can report an error only as a reset.
            (Breakage::Error, ConnectionEnd::Peer) => Breakage::Reset,
            (how, _) => how,
        };
        match (how, direction) {
            (Breakage::Reset, _) => {
                // A socket that cannot be reset is closed as usual.
                let _ = socket.reset();
                let kind = io::ErrorKind::ConnectionReset;
                self.read.end(End::Failed(kind, fault.clone()));
                self.write.end(End::Failed(kind, fault));
                self.shutdown = Shutdown::Done;
            }
            (Breakage::Cut, _) => {
                self.read.end(End::Eof);
                self.write
                    .end(End::Failed(io::ErrorKind::BrokenPipe, fault));
                self.shutdown = Shutdown::Pending;
            }
            (Breakage::HalfClosed, Direction::Read) => self.read.end(End::Eof),
            (Breakage::HalfClosed, Direction::Write) => {
                self.write
                    .end(End::Failed(io::ErrorKind::BrokenPipe, fault));
                self.shutdown = Shutdown::Pending;
            }
            (Breakage::Error, _) => self.fail(direction, fault),
            (unknown, _) => {
                tracing::warn!(breakage = ?unknown, "chaos-net does not know this breakage, failing this direction only");
                self.fail(direction, fault);
            }
        }
        self.poll_pending_shutdown(socket, cx);
    }

    fn fail(&mut self, direction: Direction, fault: InjectedFault) {
        match direction {
            Direction::Read => self.read.end(End::failed(fault)),
            Direction::Write => self.write.end(End::failed(fault)),
        }
    }

    /// Continues a pending shutdown. If the socket is not ready for it, the next call tries again.
    fn poll_pending_shutdown<T: Socket>(&mut self, socket: &mut T, cx: &mut Context<'_>) {
        if self.shutdown == Shutdown::Pending && Pin::new(socket).poll_shutdown(cx).is_ready() {
            self.shutdown = Shutdown::Done;
        }
    }
}
