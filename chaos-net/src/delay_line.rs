//! A delay line: bytes that have arrived, but are not released yet.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use chaos_core::adapter::{Broken, Flow};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::runtime_clock;

/// The most bytes of one read.
const CHUNK: usize = 32 * 1024;
/// A read needs this much of a buffer, so that many small reads share one.
const SMALLEST_READ: usize = 4 * 1024;
/// The room while nothing delays bytes, in bytes and including the records of when they arrived.
const ROOM: usize = 256 * 1024;
/// The most room while a latency or loss delays bytes.
pub const DELAYED_ROOM: usize = 32 * 1024 * 1024;

/// A delay line: bytes in the order of their arrival, and what comes after them.
///
/// Bytes are taken as soon as they arrive, so that latency does not reduce throughput: while bytes wait for their delay,
/// the line has as much room as arrives in that time, up to a maximum. They are scheduled only once the bytes
/// before them have passed. That makes no difference to their delay, which counts from their arrival, and experiments
/// that end in the meantime no longer affect them.
#[derive(Debug)]
pub struct DelayLine<E> {
    chunks: VecDeque<Chunk>,
    len: usize,
    next: Option<ScheduledPiece>,
    end: Option<(E, Instant)>,
    /// The rest of the buffer that the last read left.
    buffer: BytesMut,
}

/// Bytes that arrived together.
#[derive(Debug)]
struct Chunk {
    bytes: Bytes,
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

/// The end of a source that is read.
#[derive(Debug)]
pub(crate) enum SourceEnd {
    Eof,
    Failed(io::Error),
}

/// The next item that leaves the line.
#[derive(Debug)]
pub enum Item<E> {
    /// This many of the first bytes may pass.
    Bytes(usize),
    /// What comes after all bytes.
    End(E),
    /// A fault breaks the flow.
    Broken(Broken),
}

impl<E> Default for DelayLine<E> {
    fn default() -> Self {
        Self {
            chunks: VecDeque::new(),
            len: 0,
            next: None,
            end: None,
            buffer: BytesMut::new(),
        }
    }
}

impl<E> DelayLine<E> {
    /// Returns the number of bytes in the line.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when the line holds neither bytes nor an end.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.end.is_none()
    }

    /// True while the first bytes may pass, but have not been taken.
    pub(crate) fn is_released(&self) -> bool {
        let is_released = |piece: &ScheduledPiece| piece.state == PieceState::Released;
        self.next.as_ref().is_some_and(is_released)
    }

    /// Returns how many more bytes the line takes now, at most `most` in total while they wait for a delay.
    pub fn room(&self, flow: &Flow, most: usize) -> usize {
        let is_waiting = |piece: &ScheduledPiece| piece.state == PieceState::Waiting;
        let room = if flow.delays() && (self.len == 0 || self.next.as_ref().is_some_and(is_waiting))
        {
            most
        } else {
            ROOM.min(most)
        };
        let used = self.len + self.chunks.len() * size_of::<Chunk>();
        if self.end.is_some() {
            return 0;
        }
        room.saturating_sub(used)
    }

    /// Adds bytes.
    pub fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.len += bytes.len();
            let arrived = runtime_clock::now();
            self.chunks.push_back(Chunk { bytes, arrived });
        }
    }

    /// Adds what comes after all bytes.
    pub fn push_end(&mut self, end: E) {
        self.end = Some((end, runtime_clock::now()));
    }

    /// Returns the first bytes, which are of one piece.
    pub(crate) fn front(&self, len: usize) -> &[u8] {
        self.chunks.front().map_or(&[], |chunk| &chunk.bytes[..len])
    }

    /// Waits until the first bytes, or the end, may pass. An empty line is pending unless a fault breaks the flow.
    pub fn poll_next(&mut self, flow: &mut Flow, cx: &mut Context<'_>) -> Poll<Item<E>> {
        loop {
            let (wanted, arrived) = match (self.chunks.front(), &self.end) {
                (Some(chunk), _) => (chunk.bytes.len(), chunk.arrived),
                (None, Some((_, arrived))) => (0, *arrived),
                (None, None) => return flow.poll_idle(cx).map(Item::Broken),
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
                    self.alter(len, flow);
                }
                // A piece that had no length, or was released early, is scheduled again.
                _ => self.next = None,
            }
        }
    }

    fn alter(&mut self, len: usize, flow: &Flow) {
        if let Some(chunk) = self.chunks.front_mut().filter(|_| flow.alters()) {
            let mut altered = BytesMut::from(&chunk.bytes[..len]);
            flow.alter(&mut altered);
            altered.extend_from_slice(&chunk.bytes[len..]);
            chunk.bytes = altered.freeze();
        }
    }

    /// Removes the first bytes, which have passed.
    pub fn take(&mut self, len: usize, flow: &mut Flow) -> Bytes {
        flow.passed(len);
        self.len -= len;
        if let Some(piece) = &mut self.next {
            piece.len -= len;
            if piece.len == 0 {
                self.next = None;
            }
        }
        let Some(chunk) = self.chunks.front_mut() else {
            return Bytes::new();
        };
        if len < chunk.bytes.len() {
            return chunk.bytes.split_to(len);
        }
        self.chunks
            .pop_front()
            .map(|chunk| chunk.bytes)
            .unwrap_or_default()
    }

    /// Removes all bytes; the end stays.
    pub(crate) fn discard(&mut self) {
        self.chunks.clear();
        self.len = 0;
        self.next = None;
    }

    /// Removes the end, before which no bytes may be left.
    pub(crate) fn take_end(&mut self) -> Option<E> {
        self.end.take().map(|(end, _)| end)
    }
}

impl DelayLine<SourceEnd> {
    /// Reads bytes, or the end, from the source, as far as there is room.
    pub(crate) fn poll_fill<T: AsyncRead + Unpin>(
        &mut self,
        source: &mut T,
        room: usize,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if room < CHUNK {
            return Poll::Pending;
        }
        if self.buffer.capacity() < SMALLEST_READ {
            self.buffer.reserve(CHUNK);
        }
        let most = self.buffer.capacity().min(CHUNK);
        let mut limited = (&mut self.buffer).limit(most);
        // This future keeps no state between polls, so each poll can use a new one.
        let read = ready!(pin!(source.read_buf(&mut limited)).poll(cx));
        match read {
            Ok(0) => self.push_end(SourceEnd::Eof),
            Ok(_) => {
                let bytes = self.buffer.split().freeze();
                self.push(bytes);
            }
            Err(error) => self.push_end(SourceEnd::Failed(error)),
        }
        Poll::Ready(())
    }

    /// Fills the line and waits for its next item, until neither is possible any more.
    pub(crate) fn poll_through<T: AsyncRead + Unpin>(
        &mut self,
        source: &mut T,
        most: usize,
        flow: &mut Flow,
        cx: &mut Context<'_>,
    ) -> Poll<Item<SourceEnd>> {
        loop {
            let room = self.room(flow, most);
            let filled = self.poll_fill(source, room, cx);
            let full = room < CHUNK;
            if filled.is_ready() {
                continue;
            }
            let item = self.poll_next(flow, cx);
            // Bytes that turned out to wait for a delay make room for others.
            if item.is_ready() || !full || self.room(flow, most) < CHUNK {
                return item;
            }
        }
    }
}
