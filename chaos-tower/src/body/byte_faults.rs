//! Faults on the bytes of a body: latency, bandwidth, slices, cuts, stalls, corruption.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use chaos_core::adapter::Broken;
use chaos_net::{DELAYED_ROOM, DelayLine, Item};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::context::BodyContext;
use super::outcome::Cause;
use crate::box_error::BoxError;
use crate::grpc;

pin_project! {
    /// The body of the inner service, whose bytes are released as the faults schedule them.
    ///
    /// While a latency delays its frames, the frames behind them are taken from the inner service, up to 32 MiB.
    pub(super) struct ByteFaults<B> {
        #[pin]
        body: B,
        context: BodyContext,
        line: DelayLine<BodyEnd>,
        released: Released,
        // The end of the body, delayed until the data before it has been written.
        ending: Option<Broken>,
        progress: Progress,
    }
}

/// What follows all data.
#[derive(Debug)]
enum BodyEnd {
    Nothing,
    Failed(BoxError),
    Trailers(Frame<Bytes>),
}

/// Whether data was released that may not have been written yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Released {
    Nothing,
    MaybeUnwritten,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Underway,
    /// The last frame has left.
    Finished,
}

impl<B> ByteFaults<B> {
    pub(super) fn new(body: B, context: BodyContext) -> Self {
        Self {
            body,
            context,
            line: DelayLine::default(),
            released: Released::Nothing,
            ending: None,
            progress: Progress::Underway,
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
        if *this.progress == Progress::Finished {
            return Poll::Ready(None);
        }
        loop {
            if let Some(broken) = this.ending.take() {
                *this.progress = Progress::Finished;
                return Poll::Ready(Some(this.context.break_off(broken)));
            }
            let had_room = has_room(this.line, this.context);
            if had_room && let Poll::Ready(frame) = this.context.poll_body(this.body.as_mut(), cx) {
                add(this.line, frame);
                continue;
            }
            let Poll::Ready(item) = this.line.poll_next(&mut this.context.flow, cx) else {
                // Data that turned out to wait for a delay makes room for more.
                if !had_room && has_room(this.line, this.context) {
                    continue;
                }
                return Poll::Pending;
            };
            match item {
                Item::Bytes(len) => {
                    let data = this.line.take(len, &mut this.context.flow);
                    *this.released = Released::MaybeUnwritten;
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Item::Broken(broken) => {
                    *this.ending = Some(broken);
                    let released = std::mem::replace(this.released, Released::Nothing);
                    if released == Released::MaybeUnwritten {
                        // Servers flush what they have whenever a body is pending.
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
                Item::End(end) => {
                    *this.progress = Progress::Finished;
                    return Poll::Ready(finish(this.context, end));
                }
            }
        }
    }

    pub(super) fn is_end_stream(&self) -> bool {
        let may_break = !self.context.flow.is_straight() || self.ending.is_some();
        self.progress == Progress::Finished
            || (!may_break && self.line.is_empty() && self.body.is_end_stream())
    }

    /// Returns the announced size, even if a fault cuts the body: a body that is really cut announces too many bytes, too.
    pub(super) fn size_hint(&self) -> SizeHint {
        let held = self.line.len() as u64;
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + held);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + held);
        }
        hint
    }
}

/// Whether the next frame may be taken: one at a time, unless a delay holds those before it.
fn has_room(line: &DelayLine<BodyEnd>, context: &BodyContext) -> bool {
    if context.flow.delays() {
        line.room(&context.flow, DELAYED_ROOM) > 0
    } else {
        line.is_empty()
    }
}

fn add(line: &mut DelayLine<BodyEnd>, frame: Option<Result<Frame<Bytes>, BoxError>>) {
    match frame.map(|frame| frame.map(Frame::into_data)) {
        None => line.push_end(BodyEnd::Nothing),
        Some(Err(error)) => line.push_end(BodyEnd::Failed(error)),
        Some(Ok(Err(trailers))) => line.push_end(BodyEnd::Trailers(trailers)),
        Some(Ok(Ok(data))) => line.push(data),
    }
}

/// Ends the body as the inner service ended it.
fn finish(context: &mut BodyContext, end: BodyEnd) -> Option<Result<Frame<Bytes>, BoxError>> {
    match end {
        BodyEnd::Nothing => {
            context.report_end();
            None
        }
        BodyEnd::Failed(error) => {
            context.report_failure(Cause::Real);
            Some(Err(error))
        }
        BodyEnd::Trailers(trailers) => {
            if trailers.trailers_ref().is_some_and(grpc::is_failure) {
                context.report_failure(Cause::Real);
            }
            context.report_end();
            Some(Ok(trailers))
        }
    }
}
