//! One direction of a relayed connection.

use std::pin::Pin;
use std::task::{Context, Poll};

use chaos_core::adapter::{Breakage, Broken, Flow};

use crate::Socket;
use crate::connection::Connection;
use crate::line::{End, Line, Next};

/// One direction of a relayed connection: a delay line from one socket to the other.
#[derive(Debug)]
pub(super) struct Pump {
    operation: &'static str,
    flow: Flow,
    line: Line,
    stage: Stage,
}

/// What stops both directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stop {
    Reset,
    Cut,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Pumps,
    /// The socket takes no more for now, so no more is read.
    Full,
    /// All has been said, and the other side is yet to hear it.
    Ends(Then),
    /// What still comes is thrown away: the other side was told that all had been said.
    Discards,
    Done,
    /// The other side takes nothing any more.
    Unheard,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    Done,
    Discard,
}

impl Pump {
    pub(super) fn new(operation: &'static str) -> Self {
        Self {
            operation,
            flow: Flow::STRAIGHT,
            line: Line::default(),
            stage: Stage::Pumps,
        }
    }

    /// Whether all has been said, and heard.
    pub(super) fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Moves all that can be moved; ready when there is nothing more to come.
    pub(super) fn poll(
        &mut self,
        from: &mut impl Socket,
        to: &mut impl Socket,
        connection: &mut Connection,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Stop>> {
        loop {
            let poll = match self.stage {
                Stage::Pumps | Stage::Full => {
                    connection.follow(&mut self.flow, self.operation);
                    let filled = self.poll_fill(from, cx);
                    let drained = self.poll_drain(to, cx)?;
                    if filled.is_ready() { filled } else { drained }
                }
                Stage::Ends(then) => Pin::new(&mut *to).poll_shutdown(cx).map(|_| {
                    self.flow = Flow::STRAIGHT;
                    self.stage = match then {
                        Then::Done => Stage::Done,
                        Then::Discard => Stage::Discards,
                    };
                }),
                Stage::Discards => self.poll_discard(from, cx),
                Stage::Done | Stage::Unheard => return Poll::Ready(Ok(())),
            };
            if poll.is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn poll_fill(&mut self, from: &mut impl Socket, cx: &mut Context<'_>) -> Poll<()> {
        if self.stage == Stage::Full || !self.line.has_room() {
            return Poll::Pending;
        }
        self.line.poll_fill(from, cx)
    }

    /// Ready when anything has moved.
    fn poll_drain(&mut self, to: &mut impl Socket, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        match std::task::ready!(self.line.poll_next(&mut self.flow, cx)) {
            Next::Bytes(len) => match Pin::new(to).poll_write(cx, self.line.front(len)) {
                Poll::Pending => {
                    self.stage = Stage::Full;
                    return Poll::Pending;
                }
                Poll::Ready(Ok(written)) if written > 0 => {
                    self.line.advance(written, &mut self.flow);
                    self.stage = Stage::Pumps;
                }
                // What comes the other way may still be of use, and says how it ended.
                Poll::Ready(_) => {
                    self.flow = Flow::STRAIGHT;
                    self.stage = Stage::Unheard;
                }
            },
            Next::End(End::Eof) => self.stage = Stage::Ends(Then::Done),
            Next::End(End::Failed(_)) => return Poll::Ready(Err(Stop::Reset)),
            Next::Broken(Broken { how, .. }) => match how {
                Breakage::Cut => return Poll::Ready(Err(Stop::Cut)),
                Breakage::HalfClosed => self.stage = Stage::Ends(Then::Discard),
                // A relay has no errors of its own to report.
                _ => return Poll::Ready(Err(Stop::Reset)),
            },
        }
        Poll::Ready(Ok(()))
    }

    fn poll_discard(&mut self, from: &mut impl Socket, cx: &mut Context<'_>) -> Poll<()> {
        self.line.discard();
        if self.line.take_end().is_some() {
            self.stage = Stage::Done;
            return Poll::Ready(());
        }
        self.line.poll_fill(from, cx)
    }
}
