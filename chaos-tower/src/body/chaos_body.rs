//! A body that may be as it is, or treated.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project::pin_project;

use super::TreatedBody;
use crate::BoxError;

/// A body that faults may strike; in a build without injection it is the body itself.
#[pin_project]
pub struct ChaosBody<B>(#[pin] Course<B>);

#[pin_project(project = CourseProjection)]
enum Course<B> {
    Untouched(#[pin] B),
    Treated(TreatedBody<B>),
}

impl<B> ChaosBody<B> {
    /// The body as it is.
    #[inline(always)]
    pub fn untouched(body: B) -> Self {
        Self(Course::Untouched(body))
    }

    /// A body that faults strike.
    pub fn treated(body: TreatedBody<B>) -> Self {
        Self(Course::Treated(body))
    }
}

impl<B> From<B> for ChaosBody<B> {
    fn from(body: B) -> Self {
        Self::untouched(body)
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
        match self.project().0.project() {
            CourseProjection::Untouched(body) => body
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(Into::into))),
            CourseProjection::Treated(body) => Pin::new(body).poll_frame(cx),
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Course::Untouched(body) => body.is_end_stream(),
            Course::Treated(body) => body.is_end_stream(),
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Course::Untouched(body) => body.size_hint(),
            Course::Treated(body) => body.size_hint(),
        }
    }
}

impl<B> fmt::Debug for ChaosBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosBody").finish_non_exhaustive()
    }
}
