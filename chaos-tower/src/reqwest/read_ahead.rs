//! A body that is read while faults hold it back, so that what waits for its end still happens.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::Error;

use crate::body::ChaosBody;
use crate::box_error::BoxError;

/// How many bytes are read ahead at most.
const CAPACITY: usize = 256 * 1024;

/// A body that can be read ahead while it is held back. The reader and the fault that holds it share it.
///
/// reqwest implements its timeouts inside its bodies: a body that is not polled never times out. And a server notices that
/// its client has gone only once it has read the request.
pub(super) struct ReadAhead<B: Body>(Arc<Mutex<Buffered<B>>>);

struct Buffered<B: Body> {
    body: B,
    frames: VecDeque<Frame<Bytes>>,
    len: usize,
    end: Option<Result<(), B::Error>>,
    taken: Taken,
}

/// Whether anything of the body was taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Nothing,
    Some,
}

impl<B: Body<Data = Bytes> + Unpin> ReadAhead<B> {
    pub(super) fn new(body: B) -> Self {
        Self(Arc::new(Mutex::new(Buffered {
            body,
            frames: VecDeque::new(),
            len: 0,
            end: None,
            taken: Taken::Nothing,
        })))
    }

    /// Returns another handle of the same body.
    pub(super) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Reads ahead until the body is pending, unless its reader has begun and waits for it.
    #[cfg(all(feature = "inject", feature = "reqwest"))]
    pub(super) fn read_until_taken(&self, cx: &mut Context<'_>) {
        self.with(|buffered| {
            if buffered.taken == Taken::Nothing {
                buffered.read_ahead(cx);
            }
        });
    }

    fn with<T>(&self, access: impl FnOnce(&mut Buffered<B>) -> T) -> T {
        access(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Buffered<B> {
    /// Returns a frame that was read ahead, or waits for the next one.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.taken = Taken::Some;
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

    /// Reads ahead until the body is pending.
    fn read_ahead(&mut self, cx: &mut Context<'_>) {
        while self.len < CAPACITY && !matches!(self.end, Some(Err(_))) {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => break,
                Poll::Ready(Some(Ok(frame))) => {
                    self.len += frame.data_ref().map_or(0, Bytes::len);
                    self.frames.push_back(frame);
                }
                // An error is delivered after the data that was read before it.
                Poll::Ready(Some(Err(error))) => self.end = Some(Err(error)),
                // The next call polls again: the timeouts run until the client has seen the end.
                Poll::Ready(None) => {
                    self.end = Some(Ok(()));
                    break;
                }
            }
        }
    }
}

impl Buffered<reqwest::Body> {
    /// Reads ahead; ready when one of the client's timeouts fires, which does not wait for the data before it.
    fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        self.read_ahead(cx);
        let timed_out =
            |end: &mut Result<(), Error>| matches!(end, Err(error) if error.is_timeout());
        match self.end.take_if(timed_out) {
            Some(Err(error)) => Poll::Ready(error),
            _ => Poll::Pending,
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for ReadAhead<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
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
    faulty: ChaosBody<ReadAhead<reqwest::Body>>,
    inner: ReadAhead<reqwest::Body>,
}

impl WithClientTimeouts {
    pub(super) fn new(
        faulty: ChaosBody<ReadAhead<reqwest::Body>>,
        inner: ReadAhead<reqwest::Body>,
    ) -> Self {
        Self { faulty, inner }
    }
}

impl Body for WithClientTimeouts {
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

#[cfg(test)]
#[cfg(all(feature = "inject", feature = "reqwest"))]
mod tests {
    use std::io;
    use std::task::Waker;

    use futures_util::stream;
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn read_ahead(body: &ReadAhead<impl Body<Data = Bytes> + Unpin>) {
        body.read_until_taken(&mut Context::from_waker(Waker::noop()));
    }

    #[test]
    fn no_more_than_the_capacity_is_read_ahead() {
        let chunk = Bytes::from(vec![b'x'; CAPACITY / 4]);
        let chunks = (0..16).map(|_| Ok::<_, io::Error>(Frame::data(chunk.clone())));
        let body = ReadAhead::new(StreamBody::new(stream::iter(chunks)));
        read_ahead(&body);
        assert_eq!(body.with(|buffered| buffered.len), CAPACITY);
    }

    #[test]
    fn what_is_read_ahead_counts_as_not_read_yet() {
        let body = ReadAhead::new(Full::new(Bytes::from("100")));
        read_ahead(&body);
        assert!(!body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(3));
    }

    /// A body that has ended with an error.
    struct Failed(Option<io::Error>);

    impl Body for Failed {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
            Poll::Ready(self.0.take().map(Err))
        }

        fn is_end_stream(&self) -> bool {
            self.0.is_none()
        }
    }

    #[test]
    fn a_body_whose_error_was_read_ahead_has_not_ended() {
        let body = ReadAhead::new(Failed(Some(io::ErrorKind::TimedOut.into())));
        read_ahead(&body);
        assert!(!body.is_end_stream());
    }
}
