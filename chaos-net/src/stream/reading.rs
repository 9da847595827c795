//! The direction that is read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use chaos_core::adapter::{Broken, Flow};
use tokio::io::ReadBuf;

use super::over::Over;
use super::parked::Parked;
use crate::Socket;
use crate::connection::Connection;
use crate::line::{End, Line, Next};

/// The direction that is read: a delay line.
#[derive(Debug, Default)]
pub(super) struct Reading {
    flow: Flow,
    line: Line,
    over: Option<Over>,
    pub(super) parked: Parked,
}

impl Reading {
    /// Whether it has nothing left to do that a bare socket would not.
    pub(super) fn is_idle(&self) -> bool {
        self.line.is_empty() && self.over.is_none()
    }

    /// Ends it; whatever is still on its way is lost.
    pub(super) fn end(&mut self, over: Over) {
        self.over = Some(over);
        self.line = Line::default();
        self.flow = Flow::STRAIGHT;
        self.parked.wake();
    }

    pub(super) fn poll<T: Socket>(
        &mut self,
        inner: &mut T,
        connection: &mut Connection,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<io::Result<()>, Broken>> {
        if let Some(over) = &self.over {
            return Poll::Ready(Ok(over.tell()));
        }
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(Ok(())));
        }
        connection.follow(&mut self.flow, "read");
        let poll = if self.flow.is_straight() && self.line.is_empty() {
            Pin::new(inner).poll_read(cx, buf).map(Ok)
        } else {
            self.poll_line(inner, cx, buf)
        };
        self.parked.note(&poll, cx);
        poll
    }

    fn poll_line<T: Socket>(
        &mut self,
        inner: &mut T,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<io::Result<()>, Broken>> {
        while self.line.has_room() && self.line.poll_fill(inner, cx).is_ready() {}
        match std::task::ready!(self.line.poll_next(&mut self.flow, cx)) {
            Next::Bytes(len) => {
                let len = len.min(buf.remaining());
                buf.put_slice(self.line.front(len));
                self.line.advance(len, &mut self.flow);
                Poll::Ready(Ok(Ok(())))
            }
            Next::End(End::Eof) => {
                self.end(Over::Eof);
                Poll::Ready(Ok(Ok(())))
            }
            Next::End(End::Failed(error)) => Poll::Ready(Ok(Err(error))),
            Next::Broken(broken) => Poll::Ready(Err(broken)),
        }
    }
}
