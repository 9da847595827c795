//! The write half of a connection with faults.

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use bytes::BytesMut;
use chaos_core::adapter::{Broken, Flow};

use super::end::End;
use super::waiting_task::WaitingTask;
use crate::connection_draws::ConnectionDraws;
use crate::delay_line::{DelayLine, Item};
use crate::{Socket, runtime_clock};

/// The most bytes that are copied for one write, where they cannot be written from the caller's buffers.
const COPY_LIMIT: usize = 64 * 1024;

/// The write half of a connection: it delays bytes before it accepts them.
///
/// Only bytes that wait for a latency or loss are accepted first, or each write would pay for itself. They are in the line.
#[derive(Debug, Default)]
pub(super) struct WriteHalf {
    flow: Flow,
    /// When the caller first offered the current bytes.
    offered: Option<Instant>,
    piece: Option<ScheduledPiece>,
    copy: Vec<u8>,
    line: DelayLine<Infallible>,
    /// Whether the caller has flushed bytes that were in the line.
    owes_flush: bool,
    /// Whether nothing has been offered since bytes passed.
    is_resting: bool,
    /// The error that bytes in the line met, or that discarded them.
    failed: Option<io::Error>,
    end: Option<End>,
    waiting: WaitingTask,
}

/// The number of bytes to write before the flow is asked again, whichever bytes the caller then offers.
#[derive(Debug, Clone, Copy)]
struct ScheduledPiece {
    len: usize,
    due: Option<Instant>,
    is_due: bool,
}

impl WriteHalf {
    /// True when writes can go straight to the socket.
    pub(super) fn is_idle(&self) -> bool {
        self.offered.is_none()
            && self.end.is_none()
            && !self.holds_bytes()
            && !self.owes_flush
            && self.failed.is_none()
    }

    pub(super) fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// True while accepted bytes wait for a delay.
    pub(super) fn holds_bytes(&self) -> bool {
        !self.line.is_empty()
    }

    /// True while accepted bytes could pass, if the socket had room.
    pub(super) fn holds_due_bytes(&self) -> bool {
        self.line.is_released()
    }

    /// True while [`poll_drain`](Self::poll_drain) may have an effect.
    pub(super) fn has_work(&self) -> bool {
        self.holds_bytes() || self.owes_flush || (self.is_resting && !self.flow.is_straight())
    }

    /// Flushes the socket whenever bytes have left the line, until none are left.
    pub(super) fn flush_later(&mut self) {
        self.owes_flush = true;
    }

    pub(super) fn waiting(&mut self) -> &mut WaitingTask {
        &mut self.waiting
    }

    /// Takes the error that accepted bytes met.
    pub(super) fn take_failure(&mut self) -> io::Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Ends this half; bytes in the line are lost.
    pub(super) fn end(&mut self, end: End) {
        if self.holds_bytes() {
            self.failed = end.to_result().err();
        }
        self.end = Some(end);
        self.piece = None;
        self.line.discard();
        (self.owes_flush, self.is_resting) = (false, false);
        self.flow = Flow::STRAIGHT;
        self.waiting.wake();
    }

    pub(super) fn poll<T: Socket>(
        &mut self,
        socket: &mut T,
        draws: &mut ConnectionDraws,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<io::Result<usize>, Broken>> {
        let wanted = bufs.iter().map(|buf| buf.len()).sum();
        if let Some(end) = &self.end {
            return Poll::Ready(Ok(end.to_result().map(|()| 0)));
        }
        if wanted == 0 {
            return write_directly(socket, cx, bufs).map(Ok);
        }
        if let Err(error) = self.take_failure() {
            return Poll::Ready(Ok(Err(error)));
        }
        self.is_resting = false;
        self.follow(draws);
        if self.flow.delays() {
            self.poll_accept(socket, draws.delayed_room(), cx, bufs)
        } else {
            // Bytes whose delay has ended go first.
            ready!(self.poll_drain(socket, cx)).map_or_else(
                |broken| Poll::Ready(Err(broken)),
                |()| self.poll_piece(socket, cx, bufs, wanted),
            )
        }
    }

    pub(super) fn follow(&mut self, draws: &mut ConnectionDraws) {
        draws.follow_writes(&mut self.flow);
    }

    /// Accepts bytes that will be delayed, as far as the line has room.
    fn poll_accept<T: Socket>(
        &mut self,
        socket: &mut T,
        most: usize,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<io::Result<usize>, Broken>> {
        (self.piece, self.offered) = (None, None);
        if let Poll::Ready(Err(broken)) = self.poll_drain(socket, cx) {
            return Poll::Ready(Err(broken));
        }
        let room = self.line.room(&self.flow, most);
        if room == 0 {
            return Poll::Pending;
        }
        let mut accepted = BytesMut::new();
        for buf in bufs {
            let room = room - accepted.len();
            accepted.extend_from_slice(&buf[..buf.len().min(room)]);
        }
        let len = accepted.len();
        self.line.push(accepted.freeze());
        match self.poll_drain(socket, cx) {
            Poll::Ready(Err(broken)) => Poll::Ready(Err(broken)),
            _ => Poll::Ready(Ok(self.take_failure().map(|()| len))),
        }
    }

    /// Writes the bytes whose delay is over, and flushes them if the caller has. Ready once none are left.
    pub(super) fn poll_drain<T: Socket>(
        &mut self,
        socket: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>> {
        let drained = self.poll_pass(socket, cx)?;
        if self.owes_flush
            && let Poll::Ready(flushed) = Pin::new(socket).poll_flush(cx)
        {
            self.owes_flush = drained.is_pending();
            self.failed = self.failed.take().or(flushed.err());
        }
        drained.map(Ok)
    }

    fn poll_pass<T: Socket>(
        &mut self,
        socket: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>> {
        while self.holds_bytes() {
            match ready!(self.line.poll_next(&mut self.flow, cx)) {
                Item::Bytes(len) => {
                    let written = Pin::new(&mut *socket).poll_write(cx, self.line.front(len));
                    match ready!(written) {
                        Ok(len) if len > 0 => {
                            self.line.take(len, &mut self.flow);
                            self.is_resting = true;
                        }
                        written => {
                            self.line.discard();
                            let zero = || io::ErrorKind::WriteZero.into();
                            self.failed = Some(written.err().unwrap_or_else(zero));
                        }
                    }
                }
                Item::Broken(broken) => return Poll::Ready(Err(broken)),
                Item::End(never) => match never {},
            }
        }
        match self.poll_break(cx) {
            Poll::Ready(broken) => Poll::Ready(Err(broken)),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    /// Waits for a break that the bytes which have passed bring about, before any others are offered.
    pub(super) fn poll_break(&mut self, cx: &mut Context<'_>) -> Poll<Broken> {
        if self.is_resting && !self.holds_bytes() {
            self.flow.poll_idle(cx)
        } else {
            Poll::Pending
        }
    }

    /// Writes the accepted bytes without their delay, as far as the socket takes them.
    pub(super) fn pass_at_once<T: Socket>(&mut self, socket: &mut T) {
        self.flow = Flow::STRAIGHT;
        let mut cx = Context::from_waker(Waker::noop());
        let _ = self.poll_drain(socket, &mut cx);
    }

    fn poll_piece<T: Socket>(
        &mut self,
        socket: &mut T,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        wanted: usize,
    ) -> Poll<Result<io::Result<usize>, Broken>> {
        let mut piece = loop {
            let piece = match self.piece {
                None if self.flow.is_straight() => {
                    self.offered = None;
                    return write_directly(socket, cx, bufs).map(Ok);
                }
                None => match self.schedule(wanted) {
                    Ok(piece) => piece,
                    Err(broken) => return Poll::Ready(Err(broken)),
                },
                Some(piece) => piece,
            };
            self.piece = Some(piece);
            if piece.is_due {
                break piece;
            }
            if !runtime_clock::has_passed(piece.due) {
                ready!(self.flow.poll_due(piece.due, cx));
            }
            // A piece that had no length, or was released early, is scheduled again.
            self.piece =
                (piece.len > 0 && runtime_clock::has_passed(piece.due)).then_some(ScheduledPiece {
                    is_due: true,
                    ..piece
                });
        };
        let written = ready!(self.write(socket, cx, bufs, wanted, piece.len));
        if let Ok(len) = written {
            self.flow.passed(len);
            piece.len -= len;
            self.piece = (piece.len > 0).then_some(piece);
            self.offered = None;
            self.is_resting = true;
        }
        Poll::Ready(Ok(written))
    }

    fn schedule(&mut self, wanted: usize) -> Result<ScheduledPiece, Broken> {
        let offered = *self.offered.get_or_insert_with(runtime_clock::now);
        let piece = self.flow.schedule(wanted, offered)?;
        Ok(ScheduledPiece {
            len: piece.len,
            due: piece.due,
            is_due: false,
        })
    }

    /// Writes at most `limit` bytes, corrupted if a fault requires it.
    fn write<T: Socket>(
        &mut self,
        socket: &mut T,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        wanted: usize,
        limit: usize,
    ) -> Poll<io::Result<usize>> {
        let alters = self.flow.alters();
        if !alters && wanted <= limit {
            return write_directly(socket, cx, bufs);
        }
        if !alters
            && let Some(buf) = bufs.iter().find(|buf| !buf.is_empty())
            && buf.len() >= limit
        {
            return Pin::new(socket).poll_write(cx, &buf[..limit]);
        }
        // Copied at every poll, because the caller may offer other bytes each time.
        self.copy.clear();
        for buf in bufs {
            let room = limit.min(COPY_LIMIT) - self.copy.len();
            self.copy.extend_from_slice(&buf[..buf.len().min(room)]);
        }
        self.flow.alter(&mut self.copy);
        Pin::new(socket).poll_write(cx, &self.copy)
    }
}

fn write_directly<T: Socket>(
    socket: &mut T,
    cx: &mut Context<'_>,
    bufs: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    match bufs {
        [buf] => Pin::new(socket).poll_write(cx, buf),
        _ => Pin::new(socket).poll_write_vectored(cx, bufs),
    }
}
