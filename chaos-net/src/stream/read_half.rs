//! The read half of a connection with faults.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::adapter::{Broken, Flow};
use tokio::io::ReadBuf;

use super::end::End;
use super::waiting_task::WaitingTask;
use crate::Socket;
use crate::connection_draws::ConnectionDraws;
use crate::delay_line::{DelayLine, Item, SourceEnd};

/// The read half of a connection: a delay line between the socket and the reader.
#[derive(Debug, Default)]
pub(super) struct ReadHalf {
    flow: Flow,
    line: DelayLine<SourceEnd>,
    end: Option<End>,
    waiting: WaitingTask,
}

impl ReadHalf {
    /// True when reads can go straight to the socket.
    pub(super) fn is_idle(&self) -> bool {
        self.line.is_empty() && self.end.is_none()
    }

    /// Ends this half; bytes in the delay line are lost.
    pub(super) fn end(&mut self, end: End) {
        self.end = Some(end);
        self.line = DelayLine::default();
        self.flow = Flow::STRAIGHT;
        self.waiting.wake();
    }

    /// Records the task that waits in a read which no fault affects.
    pub(super) fn set_waiting(&mut self, task: WaitingTask) {
        self.waiting = task;
    }

    pub(super) fn waiting(&self) -> &WaitingTask {
        &self.waiting
    }

    pub(super) fn poll<T: Socket>(
        &mut self,
        socket: &mut T,
        draws: &mut ConnectionDraws,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<io::Result<()>, Broken>> {
        if let Some(end) = &self.end {
            return Poll::Ready(Ok(end.to_result()));
        }
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(Ok(())));
        }
        draws.follow_reads(&mut self.flow);
        let poll = if self.flow.is_straight() && self.line.is_empty() {
            Pin::new(socket).poll_read(cx, buf).map(Ok)
        } else {
            self.poll_line(socket, draws.delayed_room(), cx, buf)
        };
        self.waiting.record(&poll, cx);
        poll
    }

    fn poll_line<T: Socket>(
        &mut self,
        socket: &mut T,
        room: usize,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<io::Result<()>, Broken>> {
        match ready!(self.line.poll_through(socket, room, &mut self.flow, cx)) {
            Item::Bytes(len) => {
                let len = len.min(buf.remaining());
                buf.put_slice(self.line.front(len));
                self.line.take(len, &mut self.flow);
                Poll::Ready(Ok(Ok(())))
            }
            Item::End(SourceEnd::Eof) => {
                self.end(End::Eof);
                Poll::Ready(Ok(Ok(())))
            }
            Item::End(SourceEnd::Failed(error)) => Poll::Ready(Ok(Err(error))),
            Item::Broken(broken) => Poll::Ready(Err(broken)),
        }
    }
}
