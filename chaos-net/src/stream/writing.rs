//! The direction that is written.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use chaos_core::adapter::{Broken, Flow};

use super::over::Over;
use super::parked::Parked;
use crate::connection::Connection;
use crate::{Socket, clock};

/// How many bytes are copied at once when they can't be written from where they are.
const COPIED: usize = 64 * 1024;

/// The direction that is written: it holds bytes back before it accepts them.
///
/// Nothing that was accepted is on its way, so neither a drop nor an end of the experiment can lose it.
#[derive(Debug, Default)]
pub(super) struct Writing {
    flow: Flow,
    /// Since when the caller has wanted to write.
    offered: Option<Instant>,
    piece: Option<Passing>,
    copy: Vec<u8>,
    over: Option<Over>,
    pub(super) parked: Parked,
}

/// The bytes that are written before the flow is asked again, whichever the caller then offers.
#[derive(Debug, Clone, Copy)]
struct Passing {
    len: usize,
    due: Option<Instant>,
    is_due: bool,
}

impl Writing {
    /// Whether it has nothing left to do that a bare socket would not.
    pub(super) fn is_idle(&self) -> bool {
        self.offered.is_none() && self.over.is_none()
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Ends it.
    pub(super) fn end(&mut self, over: Over) {
        self.over = Some(over);
        self.piece = None;
        self.flow = Flow::STRAIGHT;
        self.parked.wake();
    }

    pub(super) fn poll<T: Socket>(
        &mut self,
        inner: &mut T,
        connection: &mut Connection,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<io::Result<usize>, Broken>> {
        let wanted = bufs.iter().map(|buf| buf.len()).sum();
        if let Some(over) = &self.over {
            return Poll::Ready(Ok(over.tell().map(|()| 0)));
        }
        if wanted == 0 {
            return write_all_of(inner, cx, bufs).map(Ok);
        }
        connection.follow(&mut self.flow, "write");
        let poll = self.poll_piece(inner, cx, bufs, wanted);
        self.parked.note(&poll, cx);
        poll
    }

    fn poll_piece<T: Socket>(
        &mut self,
        inner: &mut T,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        wanted: usize,
    ) -> Poll<Result<io::Result<usize>, Broken>> {
        let mut piece = loop {
            let piece = match self.piece {
                None if self.flow.is_straight() => {
                    self.offered = None;
                    return write_all_of(inner, cx, bufs).map(Ok);
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
            if !clock::has_come(piece.due) {
                ready!(self.flow.poll_due(piece.due, cx));
            }
            // Held until now, or let go early: what is left of the flow has its say.
            self.piece = (piece.len > 0 && clock::has_come(piece.due)).then_some(Passing {
                is_due: true,
                ..piece
            });
        };
        let written = ready!(self.write(inner, cx, bufs, wanted, piece.len));
        if let Ok(len) = written {
            self.flow.passed(len);
            piece.len -= len;
            self.piece = (piece.len > 0).then_some(piece);
            self.offered = None;
        }
        Poll::Ready(Ok(written))
    }

    fn schedule(&mut self, wanted: usize) -> Result<Passing, Broken> {
        let offered = *self.offered.get_or_insert_with(clock::now);
        let piece = self.flow.schedule(wanted, offered)?;
        Ok(Passing {
            len: piece.len,
            due: piece.due,
            is_due: false,
        })
    }

    /// Writes no more than `most` bytes, changed as the flow wants them.
    fn write<T: Socket>(
        &mut self,
        inner: &mut T,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        wanted: usize,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        let alters = self.flow.alters();
        if !alters && wanted <= most {
            return write_all_of(inner, cx, bufs);
        }
        if !alters
            && let Some(buf) = bufs.iter().find(|buf| !buf.is_empty())
            && buf.len() >= most
        {
            return Pin::new(inner).poll_write(cx, &buf[..most]);
        }
        // Copied anew at every poll: what the caller offers may be other bytes each time.
        self.copy.clear();
        for buf in bufs {
            let room = most.min(COPIED) - self.copy.len();
            self.copy.extend_from_slice(&buf[..buf.len().min(room)]);
        }
        self.flow.alter(&mut self.copy);
        Pin::new(inner).poll_write(cx, &self.copy)
    }
}

fn write_all_of<T: Socket>(
    inner: &mut T,
    cx: &mut Context<'_>,
    bufs: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    match bufs {
        [buf] => Pin::new(inner).poll_write(cx, buf),
        _ => Pin::new(inner).poll_write_vectored(cx, bufs),
    }
}
