//! Bytes on their way: a delay line.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Buf, BufMut, BytesMut};
use chaos_core::adapter::{Broken, Flow};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::clock;

/// How many bytes are read at once.
const CHUNK: usize = 32 * 1024;
/// How much a line holds, its book-keeping included.
const ROOM: usize = 256 * 1024;

/// Bytes on their way, in the order in which they came.
///
/// They are read as soon as they come, so that a latency costs no throughput. The flow is asked about them only when
/// those before have passed: its times count from their arrival anyway, and what ends in the meantime has no say then.
#[derive(Debug, Default)]
pub(crate) struct Line {
    bytes: BytesMut,
    chunks: VecDeque<Chunk>,
    next: Option<Passing>,
    end: Option<(End, Instant)>,
}

/// Bytes that came together.
#[derive(Debug)]
struct Chunk {
    len: usize,
    arrived: Instant,
}

/// The first bytes, or the end after all bytes, as the flow wants them to pass.
#[derive(Debug)]
struct Passing {
    len: usize,
    due: Option<Instant>,
    stage: Stage,
}

#[derive(Debug, PartialEq)]
enum Stage {
    Waits,
    /// It is due, and changed where it was to be changed.
    Passes,
}

/// How the bytes ended by themselves.
#[derive(Debug)]
pub(crate) enum End {
    /// All has been said.
    Eof,
    Failed(io::Error),
}

/// What comes out of the line next.
#[derive(Debug)]
pub(crate) enum Next {
    /// So many of the first bytes may pass.
    Bytes(usize),
    End(End),
    Broken(Broken),
}

impl Line {
    /// True when nothing is on its way.
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.end.is_none()
    }

    /// Whether more is to be read.
    pub(crate) fn has_room(&self) -> bool {
        self.end.is_none()
            && self.bytes.len() + self.chunks.len() * size_of::<Chunk>() <= ROOM - CHUNK
    }

    /// The first bytes.
    pub(crate) fn front(&self, len: usize) -> &[u8] {
        &self.bytes[..len]
    }

    /// Takes in what has come, or its end; pending while nothing has. There must be room.
    pub(crate) fn poll_fill<T: AsyncRead + Unpin>(
        &mut self,
        from: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        self.bytes.reserve(CHUNK);
        let mut room = (&mut self.bytes).limit(CHUNK);
        // It keeps nothing between polls, so each poll may have one of its own.
        let came = ready!(pin!(from.read_buf(&mut room)).poll(cx));
        let arrived = clock::now();
        match came {
            Ok(0) => self.end = Some((End::Eof, arrived)),
            Ok(len) => self.take_note(len, arrived),
            Err(error) => self.end = Some((End::Failed(error), arrived)),
        }
        Poll::Ready(())
    }

    fn take_note(&mut self, len: usize, arrived: Instant) {
        match self.chunks.back_mut() {
            Some(last) if last.arrived == arrived => last.len += len,
            _ => self.chunks.push_back(Chunk { len, arrived }),
        }
    }

    /// Waits until the first bytes may pass, or the end; pending, too, while there is nothing.
    pub(crate) fn poll_next(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            let (wanted, arrived) = match (self.chunks.front(), &self.end) {
                (Some(chunk), _) => (chunk.len, chunk.arrived),
                (None, Some((_, arrived))) => (0, *arrived),
                (None, None) => return Poll::Pending,
            };
            let passing = match &mut self.next {
                Some(passing) => passing,
                None => match flow.schedule(wanted, arrived) {
                    Ok(piece) => self.next.insert(Passing {
                        len: piece.len,
                        due: piece.due,
                        stage: Stage::Waits,
                    }),
                    Err(broken) => return Poll::Ready(Next::Broken(broken)),
                },
            };
            if passing.stage == Stage::Passes {
                return Poll::Ready(Next::Bytes(passing.len));
            }
            // What is due at its arrival needs no look at the clock.
            let mut is_due = passing.due == Some(arrived) || clock::has_come(passing.due);
            if !is_due {
                ready!(flow.poll_due(passing.due, cx));
                is_due = clock::has_come(passing.due);
            }
            match (is_due, passing.len) {
                (true, 0) if wanted == 0 => {
                    self.next = None;
                    if let Some((end, _)) = self.end.take() {
                        return Poll::Ready(Next::End(end));
                    }
                }
                (true, len) if len > 0 => {
                    passing.stage = Stage::Passes;
                    flow.alter(&mut self.bytes[..len]);
                }
                // Held until now, or let go early: what is left of the flow has its say.
                _ => self.next = None,
            }
        }
    }

    /// Lets the first bytes go.
    pub(crate) fn advance(&mut self, len: usize, flow: &mut Flow) {
        self.bytes.advance(len);
        flow.passed(len);
        if let Some(passing) = &mut self.next {
            passing.len -= len;
            if passing.len == 0 {
                self.next = None;
            }
        }
        if let Some(chunk) = self.chunks.front_mut() {
            chunk.len -= len;
            if chunk.len == 0 {
                self.chunks.pop_front();
            }
        }
    }

    /// Forgets all bytes; the end stays.
    pub(crate) fn discard(&mut self) {
        self.bytes.clear();
        self.chunks.clear();
        self.next = None;
    }

    /// Takes the end, once nothing is before it.
    pub(crate) fn take_end(&mut self) -> Option<End> {
        self.end.take().map(|(end, _)| end)
    }
}
