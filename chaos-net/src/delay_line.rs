//! A delay line: bytes that have been read, but not released yet.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Buf, BufMut, BytesMut};
use chaos_core::adapter::{Broken, Flow};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::runtime_clock;

/// The most bytes of one read.
const CHUNK: usize = 32 * 1024;
/// The capacity in bytes, including the records of when they arrived.
const CAPACITY: usize = 256 * 1024;

/// A delay line: bytes in the order of their arrival.
///
/// Bytes are read as soon as they arrive, so that latency does not reduce throughput. They are scheduled only once the
/// bytes before them have passed. That makes no difference to their delay, which counts from their arrival, and
/// experiments that end in the meantime no longer affect them.
#[derive(Debug, Default)]
pub(crate) struct DelayLine {
    bytes: BytesMut,
    chunks: VecDeque<Chunk>,
    next: Option<ScheduledPiece>,
    end: Option<(SourceEnd, Instant)>,
}

/// Bytes that arrived together.
#[derive(Debug)]
struct Chunk {
    len: usize,
    arrived: Instant,
}

/// The first bytes, or the end after all bytes, as the flow scheduled them.
#[derive(Debug)]
struct ScheduledPiece {
    len: usize,
    due: Option<Instant>,
    state: PieceState,
}

#[derive(Debug, PartialEq)]
enum PieceState {
    Waiting,
    /// The piece is due, and has been corrupted if a fault requires it.
    Released,
}

/// The end of the source.
#[derive(Debug)]
pub(crate) enum SourceEnd {
    Eof,
    Failed(io::Error),
}

/// The next item that leaves the line.
#[derive(Debug)]
pub(crate) enum Item {
    /// This many of the first bytes may pass.
    Bytes(usize),
    End(SourceEnd),
    Broken(Broken),
}

impl DelayLine {
    /// True when the line holds neither bytes nor an end.
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.end.is_none()
    }

    /// True when there is room for another read.
    pub(crate) fn has_room(&self) -> bool {
        self.end.is_none()
            && self.bytes.len() + self.chunks.len() * size_of::<Chunk>() <= CAPACITY - CHUNK
    }

    /// Returns the first bytes.
    pub(crate) fn front(&self, len: usize) -> &[u8] {
        &self.bytes[..len]
    }

    /// Reads bytes, or the end, from the source. There must be room.
    pub(crate) fn poll_fill<T: AsyncRead + Unpin>(
        &mut self,
        source: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        self.bytes.reserve(CHUNK);
        let mut room = (&mut self.bytes).limit(CHUNK);
        // This future keeps no state between polls, so each poll can use a new one.
        let read = ready!(pin!(source.read_buf(&mut room)).poll(cx));
        let arrived = runtime_clock::now();
        match read {
            Ok(0) => self.end = Some((SourceEnd::Eof, arrived)),
            Ok(len) => self.record_arrival(len, arrived),
            Err(error) => self.end = Some((SourceEnd::Failed(error), arrived)),
        }
        Poll::Ready(())
    }

    fn record_arrival(&mut self, len: usize, arrived: Instant) {
        match self.chunks.back_mut() {
            Some(last) if last.arrived == arrived => last.len += len,
            _ => self.chunks.push_back(Chunk { len, arrived }),
        }
    }

    /// Waits until the first bytes, or the end, may pass. Pending while the line is empty, too.
    pub(crate) fn poll_next(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Poll<Item> {
        loop {
            let (wanted, arrived) = match (self.chunks.front(), &self.end) {
                (Some(chunk), _) => (chunk.len, chunk.arrived),
                (None, Some((_, arrived))) => (0, *arrived),
                (None, None) => return Poll::Pending,
            };
            let piece = match &mut self.next {
                Some(piece) => piece,
                None => match flow.schedule(wanted, arrived) {
                    Ok(piece) => self.next.insert(ScheduledPiece {
                        len: piece.len,
                        due: piece.due,
                        state: PieceState::Waiting,
                    }),
                    Err(broken) => return Poll::Ready(Item::Broken(broken)),
                },
            };
            if piece.state == PieceState::Released {
                return Poll::Ready(Item::Bytes(piece.len));
            }
            // A piece that is due at its arrival is due now, without a look at the clock.
            let mut is_due = piece.due == Some(arrived) || runtime_clock::has_passed(piece.due);
            if !is_due {
                ready!(flow.poll_due(piece.due, cx));
                is_due = runtime_clock::has_passed(piece.due);
            }
            match (is_due, piece.len) {
                (true, 0) if wanted == 0 => {
                    self.next = None;
                    if let Some((end, _)) = self.end.take() {
                        return Poll::Ready(Item::End(end));
                    }
                }
                (true, len) if len > 0 => {
                    piece.state = PieceState::Released;
                    flow.alter(&mut self.bytes[..len]);
                }
                // A piece that had no length, or was released early, is scheduled again.
                _ => self.next = None,
            }
        }
    }

    /// Removes the first bytes, which have passed.
    pub(crate) fn advance(&mut self, len: usize, flow: &mut Flow) {
        self.bytes.advance(len);
        flow.passed(len);
        if let Some(piece) = &mut self.next {
            piece.len -= len;
            if piece.len == 0 {
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

    /// Removes all bytes; the end stays.
    pub(crate) fn discard(&mut self) {
        self.bytes.clear();
        self.chunks.clear();
        self.next = None;
    }

    /// Removes the end, before which no bytes may be left.
    pub(crate) fn take_end(&mut self) -> Option<SourceEnd> {
        self.end.take().map(|(end, _)| end)
    }
}
