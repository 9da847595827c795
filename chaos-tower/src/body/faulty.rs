//! A body that faults affect, or that replaces one.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use chaos_core::adapter::{Armed, Needs};
use chaos_core::{Failure, InjectedFault};
use chaos_net::ConnectionHandle;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::byte_faults::ByteFaults;
use super::context::BodyContext;
use crate::box_error::BoxError;

/// A body that faults affect, or that replaces one.
///
/// Boxed, so that [`ChaosBody`](crate::ChaosBody) is no larger than the body in it.
pub struct FaultyBody<B>(Armed<Pin<Box<Kind<B>>>>);

pin_project! {
    #[project = KindProjection]
    enum Kind<B> {
        // The body of the inner service.
        Inner { #[pin] body: ByteFaults<B> },
        // The body of an injected response.
        Text { text: Option<Bytes> },
        // Breaks at its first poll, before any of the response has been sent.
        Breaking { fault: Option<(InjectedFault, Option<ConnectionHandle>)> },
    }
}

impl<B> FaultyBody<B> {
    fn new(needs: Needs, kind: Kind<B>) -> Self {
        Self(needs.arm(Box::pin(kind)))
    }

    pub(crate) fn inner(needs: Needs, body: B, context: BodyContext) -> Self {
        let body = ByteFaults::new(body, context);
        Self::new(needs, Kind::Inner { body })
    }

    pub(crate) fn text(needs: Needs, text: impl Into<Bytes>) -> Self {
        let text = Some(text.into()).filter(|text| !text.is_empty());
        Self::new(needs, Kind::Text { text })
    }

    pub(crate) fn breaking(
        needs: Needs,
        fault: InjectedFault,
        connection: Option<ConnectionHandle>,
    ) -> Self {
        let fault = Some((fault, connection));
        Self::new(needs, Kind::Breaking { fault })
    }
}

impl<B> Body for FaultyBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut().0.get_mut().as_mut().project() {
            KindProjection::Inner { body } => body.poll_frame(cx),
            KindProjection::Text { text } => {
                Poll::Ready(text.take().map(|text| Ok(Frame::data(text))))
            }
            KindProjection::Breaking { fault } => {
                Poll::Ready(fault.take().map(|(fault, connection)| {
                    // Only now: a body that is never polled breaks nothing.
                    if let (Failure::Reset, Some(connection)) = (fault.failure(), connection) {
                        connection.reset_on_close();
                    }
                    Err(BoxError::from(io::Error::from(fault)))
                }))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &**self.0.get() {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Text { text } => text.is_none(),
            Kind::Breaking { fault } => fault.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &**self.0.get() {
            Kind::Inner { body } => body.size_hint(),
            Kind::Text { text } => SizeHint::with_exact(text.as_ref().map_or(0, Bytes::len) as u64),
            Kind::Breaking { .. } => SizeHint::default(),
        }
    }
}

impl<B> fmt::Debug for FaultyBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyBody").finish_non_exhaustive()
    }
}
