//! One direction of a relayed connection.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::adapter::{Breakage, Broken, Flow};

use crate::Socket;
use crate::connection_draws::ConnectionDraws;
use crate::delay_line::{DelayLine, Item, SourceEnd};

/// One direction of a relayed connection: a delay line from one socket to the other.
#[derive(Debug)]
pub(super) struct Pump {
    operation: &'static str,
    flow: Flow,
    line: DelayLine<SourceEnd>,
    state: State,
}

/// The reason to end both directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Abort {
    Reset,
    Cut,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Pumping,
    /// The target accepts no bytes for now, so the source is not read.
    Full,
    /// The target is being shut down.
    ShuttingDown(Then),
    /// The target is shut down, and bytes that still arrive are discarded.
    Discarding,
    Done,
    /// The target accepts no bytes any more.
    TargetClosed,
}

/// The state after a shutdown.
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
            line: DelayLine::default(),
            state: State::Pumping,
        }
    }

    /// True when the target has seen the end of the source.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Moves as many bytes as possible. Ready when no more will follow.
    pub(super) fn poll(
        &mut self,
        source: &mut impl Socket,
        target: &mut impl Socket,
        draws: &mut ConnectionDraws,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Abort>> {
        loop {
            let poll = match self.state {
                State::Pumping | State::Full => {
                    draws.follow(&mut self.flow, self.operation);
                    self.poll_pump(source, target, draws.delayed_room(), cx)?
                }
                State::ShuttingDown(then) => Pin::new(&mut *target).poll_shutdown(cx).map(|_| {
                    self.flow = Flow::STRAIGHT;
                    self.state = match then {
                        Then::Done => State::Done,
                        Then::Discard => State::Discarding,
                    };
                }),
                State::Discarding => self.poll_discard(source, cx),
                State::Done | State::TargetClosed => return Poll::Ready(Ok(())),
            };
            if poll.is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Ready when anything has moved.
    fn poll_pump(
        &mut self,
        source: &mut impl Socket,
        target: &mut impl Socket,
        room: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Abort>> {
        let (line, flow) = (&mut self.line, &mut self.flow);
        let item = match self.state {
            State::Full => line.poll_next(flow, cx),
            _ => line.poll_through(source, room, flow, cx),
        };
        match ready!(item) {
            Item::Bytes(len) => match Pin::new(target).poll_write(cx, self.line.front(len)) {
                Poll::Pending => {
                    self.state = State::Full;
                    return Poll::Pending;
                }
                Poll::Ready(Ok(written)) if written > 0 => {
                    self.line.take(written, &mut self.flow);
                    self.state = State::Pumping;
                }
                // The other direction may still deliver bytes, and reports how the target ended.
                Poll::Ready(_) => {
                    self.flow = Flow::STRAIGHT;
                    self.state = State::TargetClosed;
                }
            },
            Item::End(SourceEnd::Eof) => self.state = State::ShuttingDown(Then::Done),
            Item::End(SourceEnd::Failed(_)) => return Poll::Ready(Err(Abort::Reset)),
            Item::Broken(Broken { how, .. }) => match how {
                Breakage::Cut => return Poll::Ready(Err(Abort::Cut)),
                Breakage::HalfClosed => self.state = State::ShuttingDown(Then::Discard),
                // A relay can report an error only as a reset.
                Breakage::Reset | Breakage::Error => return Poll::Ready(Err(Abort::Reset)),
                unknown => {
                    tracing::warn!(breakage = ?unknown, "chaos-net does not know this breakage, resetting the connection");
                    return Poll::Ready(Err(Abort::Reset));
                }
            },
        }
        Poll::Ready(Ok(()))
    }

    fn poll_discard(&mut self, source: &mut impl Socket, cx: &mut Context<'_>) -> Poll<()> {
        self.line.discard();
        if self.line.take_end().is_some() {
            self.state = State::Done;
            return Poll::Ready(());
        }
        self.line.poll_fill(source, usize::MAX, cx)
    }
}
