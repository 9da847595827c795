//! A body that is either untouched or faulty.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::faulty::FaultyBody;
use crate::box_error::BoxError;

pin_project! {
    /// A body that faults can be injected into. Without injection compiled in, it has the layout of the body itself.
    pub struct ChaosBody<B> {
        #[pin]
        state: State<B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<B> {
        Untouched { #[pin] body: B },
        Faulty { body: FaultyBody<B> },
    }
}

impl<B> ChaosBody<B> {
    /// Wraps a body that no fault affects.
    #[inline(always)]
    pub fn untouched(body: B) -> Self {
        Self {
            state: State::Untouched { body },
        }
    }

    /// Wraps a body that faults affect.
    pub fn faulty(body: FaultyBody<B>) -> Self {
        Self {
            state: State::Faulty { body },
        }
    }
}

impl<B> From<B> for ChaosBody<B> {
    fn from(body: B) -> Self {
        Self::untouched(body)
    }
}

/// Layers that respond by themselves, such as tower-http's `TimeoutLayer`, need an empty body.
impl<B: Default> Default for ChaosBody<B> {
    fn default() -> Self {
        Self::untouched(B::default())
    }
}

impl<B> Body for ChaosBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.project().state.project() {
            StateProjection::Untouched { body } => body
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(Into::into))),
            StateProjection::Faulty { body } => Pin::new(body).poll_frame(cx),
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Untouched { body } => body.is_end_stream(),
            State::Faulty { body } => body.is_end_stream(),
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Untouched { body } => body.size_hint(),
            State::Faulty { body } => body.size_hint(),
        }
    }
}

impl<B> fmt::Debug for ChaosBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosBody").finish_non_exhaustive()
    }
}
