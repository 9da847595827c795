//! A body that is read while its data are held back, so that the client's own time limits strike.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use reqwest::{Body, Error};

use crate::BoxError;
use crate::body::ChaosBody;

/// How much is read while it is held back.
const ROOM: usize = 256 * 1024;

/// A body that is read while its data are held back, by whoever holds them and by whoever waits for them.
///
/// reqwest keeps its time limits inside of its bodies: a body that nobody polls never times out.
pub(super) struct Ahead(Arc<Mutex<Read>>);

struct Read {
    body: Body,
    frames: VecDeque<Frame<Bytes>>,
    len: usize,
    end: Option<Result<(), Error>>,
}

impl Ahead {
    pub(super) fn of(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Read {
            body,
            frames: VecDeque::new(),
            len: 0,
            end: None,
        })))
    }

    /// The body itself.
    pub(super) fn reader(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Read) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Read {
    /// Takes what has been read, or waits for more.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(frame) = self.frames.pop_front() {
            self.len -= frame.data_ref().map_or(0, Bytes::len);
            return Poll::Ready(Some(Ok(frame)));
        }
        match self.end.take() {
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            Some(Ok(())) => Poll::Ready(None),
            None => Pin::new(&mut self.body).poll_frame(cx),
        }
    }

    /// Reads on until there is nothing to be had for now; ready when the client's patience is over.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        while self.len < ROOM && !matches!(self.end, Some(Err(_))) {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => break,
                Poll::Ready(Some(Ok(frame))) => {
                    self.len += frame.data_ref().map_or(0, Bytes::len);
                    self.frames.push_back(frame);
                }
                Poll::Ready(Some(Err(error))) if error.is_timeout() => return Poll::Ready(error),
                // What really broke it waits for its turn behind what came before it.
                Poll::Ready(Some(Err(error))) => self.end = Some(Err(error)),
                // Polled all the same, next time: its time limits go on until the client has seen its end.
                Poll::Ready(None) => {
                    self.end = Some(Ok(()));
                    break;
                }
            }
        }
        Poll::Pending
    }
}

impl http_body::Body for Ahead {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.with(|read| read.poll_next(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|read| {
            read.frames.is_empty() && !matches!(read.end, Some(Err(_))) && read.body.is_end_stream()
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|read| {
            let (held, inner) = (read.len as u64, read.body.size_hint());
            let mut hint = SizeHint::new();
            hint.set_lower(inner.lower() + held);
            if let Some(upper) = inner.upper() {
                hint.set_upper(upper + held);
            }
            hint
        })
    }
}

/// A body that faults strike, and whose reader gives up when the client it is from would.
pub(super) struct Impatient {
    treated: ChaosBody<Ahead>,
    ahead: Ahead,
}

impl Impatient {
    pub(super) fn new(treated: ChaosBody<Ahead>, ahead: Ahead) -> Self {
        Self { treated, ahead }
    }
}

impl http_body::Body for Impatient {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.treated).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        self.ahead
            .with(|read| read.poll_patience(cx))
            .map(|error| Some(Err(error.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.treated.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.treated.size_hint()
    }
}
