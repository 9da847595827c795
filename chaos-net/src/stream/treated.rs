//! What goes with a connection that something concerns.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::adapter::{Breakage, Broken};
use tokio::io::ReadBuf;

use super::over::Over;
use super::reading::Reading;
use super::writing::Writing;
use crate::Socket;
use crate::connection::Connection;

/// What goes with a connection that something concerns: both of its directions, each for itself.
#[derive(Debug, Default)]
pub(super) struct Treated {
    reading: Reading,
    writing: Writing,
    ending: Ending,
}

/// What is yet to be done to the socket after a break.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Ending {
    #[default]
    None,
    /// Its peer is to be told that all has been said.
    Shutdown,
    /// Its peer has been told everything, or is to be told nothing.
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Direction {
    Read,
    Write,
}

impl Treated {
    /// Whether it has nothing left to do that a bare socket would not.
    pub(super) fn is_idle(&self) -> bool {
        self.reading.is_idle() && self.writing.is_idle()
    }

    pub(super) fn poll_read<T: Socket>(
        &mut self,
        inner: &mut T,
        connection: &mut Connection,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            self.poll_ending(inner, cx);
            let poll = self.reading.poll(inner, connection, cx, buf);
            match ready!(poll) {
                Ok(done) => return Poll::Ready(done),
                Err(broken) => self.strike(Direction::Read, broken, inner),
            }
        }
    }

    pub(super) fn poll_write<T: Socket>(
        &mut self,
        inner: &mut T,
        connection: &mut Connection,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            self.poll_ending(inner, cx);
            let poll = self.writing.poll(inner, connection, cx, bufs);
            match ready!(poll) {
                Ok(done) => return Poll::Ready(done),
                Err(broken) => self.strike(Direction::Write, broken, inner),
            }
        }
    }

    pub(super) fn poll_shutdown<T: Socket>(
        &mut self,
        inner: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        match self.ending {
            Ending::Done => Poll::Ready(Ok(())),
            Ending::None | Ending::Shutdown => Pin::new(inner).poll_shutdown(cx),
        }
    }

    pub(super) fn poll_flush<T: Socket>(
        &mut self,
        inner: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_ending(inner, cx);
        if self.writing.is_over() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(inner).poll_flush(cx)
    }

    /// Breaks the connection as the fault wants it.
    fn strike<T: Socket>(&mut self, struck: Direction, broken: Broken, inner: &mut T) {
        let Broken { how, fault } = broken;
        match (how, struck) {
            (Breakage::Reset, _) => {
                // A socket that does not take it is closed as usual.
                let _ = inner.reset();
                let kind = io::ErrorKind::ConnectionReset;
                self.reading.end(Over::Failed(kind, fault.clone()));
                self.writing.end(Over::Failed(kind, fault));
                self.ending = Ending::Done;
            }
            (Breakage::Cut, _) => {
                self.reading.end(Over::Eof);
                self.writing
                    .end(Over::Failed(io::ErrorKind::BrokenPipe, fault));
                self.ending = Ending::Shutdown;
            }
            (Breakage::HalfClosed, Direction::Read) => self.reading.end(Over::Eof),
            (Breakage::HalfClosed, Direction::Write) => {
                self.writing
                    .end(Over::Failed(io::ErrorKind::BrokenPipe, fault));
                self.ending = Ending::Shutdown;
            }
            (_, Direction::Read) => self.reading.end(Over::failed(fault)),
            (_, Direction::Write) => self.writing.end(Over::failed(fault)),
        }
    }

    /// Tells the peer what is still to be told; sockets that can't at once are asked again with the next call.
    fn poll_ending<T: Socket>(&mut self, inner: &mut T, cx: &mut Context<'_>) {
        if self.ending == Ending::Shutdown && Pin::new(inner).poll_shutdown(cx).is_ready() {
            self.ending = Ending::Done;
        }
    }
}
