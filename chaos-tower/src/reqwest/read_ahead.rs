//! A body that is read while faults hold its data back, so that the client's own timeouts still fire.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use reqwest::{Body, Error};

use crate::body::ChaosBody;
use crate::box_error::BoxError;

/// How many bytes are read ahead at most.
const CAPACITY: usize = 256 * 1024;

/// A body that can be read ahead while its data is held back. The reader and the fault that holds the data share it.
///
/// reqwest implements its timeouts inside its bodies: a body that is not polled never times out.
pub(super) struct ReadAhead(Arc<Mutex<Buffered>>);

struct Buffered {
    body: Body,
    frames: VecDeque<Frame<Bytes>>,
    len: usize,
    end: Option<Result<(), Error>>,
}

impl ReadAhead {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Buffered {
            body,
            frames: VecDeque::new(),
            len: 0,
            end: None,
        })))
    }

    /// Returns another handle of the same body.
    pub(super) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    fn with<T>(&self, access: impl FnOnce(&mut Buffered) -> T) -> T {
        access(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Buffered {
    /// Returns a frame that was read ahead, or waits for the next one.
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

    /// Reads ahead until the body is pending; ready when one of the client's timeouts fires.
    fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        while self.len < CAPACITY && !matches!(self.end, Some(Err(_))) {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => break,
                Poll::Ready(Some(Ok(frame))) => {
                    self.len += frame.data_ref().map_or(0, Bytes::len);
                    self.frames.push_back(frame);
                }
                Poll::Ready(Some(Err(error))) if error.is_timeout() => return Poll::Ready(error),
                // A real error is delivered after the data that was read before it.
                Poll::Ready(Some(Err(error))) => self.end = Some(Err(error)),
                // The next call polls again: the timeouts run until the client has seen the end.
                Poll::Ready(None) => {
                    self.end = Some(Ok(()));
                    break;
                }
            }
        }
        Poll::Pending
    }
}

impl http_body::Body for ReadAhead {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.with(|buffered| buffered.poll_next(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|buffered| {
            buffered.frames.is_empty()
                && !matches!(buffered.end, Some(Err(_)))
                && buffered.body.is_end_stream()
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|buffered| {
            let (held, inner) = (buffered.len as u64, buffered.body.size_hint());
            let mut hint = SizeHint::new();
            hint.set_lower(inner.lower() + held);
            if let Some(upper) = inner.upper() {
                hint.set_upper(upper + held);
            }
            hint
        })
    }
}

/// A faulty body that fails when one of the client's own timeouts fires.
pub(super) struct WithClientTimeouts {
    faulty: ChaosBody<ReadAhead>,
    inner: ReadAhead,
}

impl WithClientTimeouts {
    pub(super) fn new(faulty: ChaosBody<ReadAhead>, inner: ReadAhead) -> Self {
        Self { faulty, inner }
    }
}

impl http_body::Body for WithClientTimeouts {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.faulty).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        self.inner
            .with(|buffered| buffered.poll_timeout(cx))
            .map(|error| Some(Err(error.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.faulty.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.faulty.size_hint()
    }
}
