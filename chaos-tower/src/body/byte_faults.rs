//! Faults on the bytes of a body: latency, bandwidth, slices, cuts, stalls, corruption.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use chaos_core::adapter::{Broken, Piece};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::context::BodyContext;
use super::outcome::Cause;
use crate::box_error::BoxError;
use crate::grpc;

pin_project! {
    /// The body of the inner service, whose bytes are released as the faults schedule them.
    pub(super) struct ByteFaults<B> {
        #[pin]
        body: B,
        context: BodyContext,
        // Data that is held back, and when it arrived.
        held: Option<(Bytes, Instant)>,
        // The schedule for the first bytes of that data.
        piece: Option<Piece>,
        released: Released,
        // The end of the body, delayed until the data before it has been written.
        ending: Option<Broken>,
    }
}

/// Whether data was released that may not have been written yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Released {
    Nothing,
    MaybeUnwritten,
}

impl<B> ByteFaults<B> {
    pub(super) fn new(body: B, context: BodyContext) -> Self {
        Self {
            body,
            context,
            held: None,
            piece: None,
            released: Released::Nothing,
            ending: None,
        }
    }
}

impl<B> ByteFaults<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    pub(super) fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        loop {
            if let Some(broken) = this.ending.take() {
                return Poll::Ready(Some(Err(this.context.break_off(broken))));
            }
            let Some((held, arrived)) = this.held else {
                let frame = ready!(this.context.poll_body(this.body.as_mut(), cx));
                match frame.map(|frame| frame.map(Frame::into_data)) {
                    None => {
                        this.context.report_end();
                        return Poll::Ready(None);
                    }
                    Some(Err(error)) => {
                        this.context.report_failure(Cause::Real);
                        return Poll::Ready(Some(Err(error)));
                    }
                    // Trailers follow all data, so they are never held back.
                    Some(Ok(Err(trailers))) => {
                        if trailers.trailers_ref().is_some_and(grpc::is_failure) {
                            this.context.report_failure(Cause::Real);
                        }
                        return Poll::Ready(Some(Ok(trailers)));
                    }
                    Some(Ok(Ok(data))) if data.is_empty() => continue,
                    Some(Ok(Ok(data))) => *this.held = Some((data, now())),
                }
                continue;
            };
            let Some(piece) = *this.piece else {
                match this.context.flow.schedule(held.len(), *arrived) {
                    Ok(piece) => *this.piece = Some(piece),
                    Err(broken) => {
                        *this.ending = Some(broken);
                        let released = std::mem::replace(this.released, Released::Nothing);
                        if released == Released::MaybeUnwritten {
                            // Servers flush what they have whenever a body is pending.
                            cx.waker().wake_by_ref();
                            return Poll::Pending;
                        }
                    }
                }
                continue;
            };
            ready!(this.context.flow.poll_due(piece.due, cx));
            *this.piece = None;
            if piece.len == 0 {
                continue;
            }
            let data = held.split_to(piece.len.min(held.len()));
            let data = this.context.release(data);
            if held.is_empty() {
                *this.held = None;
            }
            *this.released = Released::MaybeUnwritten;
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.held.is_none() && self.body.is_end_stream()
    }

    /// Returns the announced size, even if a fault cuts the body: a body that is really cut announces too many bytes, too.
    pub(super) fn size_hint(&self) -> SizeHint {
        let held = self.held.as_ref().map_or(0, |(held, _)| held.len()) as u64;
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + held);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + held);
        }
        hint
    }
}

/// Returns the time of the runtime's clock, which a test may have paused.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
