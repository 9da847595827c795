//! A body that faults strike, or that stands in for one.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use chaos_core::adapter::{Armed, Breakage, Broken, Flow, Needs, Observation, Outcome, Piece};
use chaos_core::{Failure, InjectedFault, Scope};
use chaos_net::ConnectionHandle;
use http_body::{Body, Frame, SizeHint};
use pin_project::pin_project;

use crate::{BoxError, grpc};

/// A body that faults strike, or that stands in for one.
///
/// Boxed, so that a body that nothing strikes is no larger for it.
pub struct TreatedBody<B>(Armed<Pin<Box<Kind<B>>>>);

#[pin_project(project = KindProjection)]
enum Kind<B> {
    Passing(#[pin] Passing<B>),
    /// Given by us in place of the handler.
    Answer(Option<Bytes>),
    /// Breaks at its first poll, before any of the response has been sent.
    Broken(Option<(InjectedFault, Option<ConnectionHandle>)>),
}

/// What goes with a body.
#[derive(Debug, Default)]
pub struct Treatment {
    pub(crate) flow: Flow,
    pub(crate) scope: Option<Scope>,
    pub(crate) observation: Option<Observed>,
    /// The connection that a reset resets; without, it is closed.
    pub(crate) connection: Option<ConnectionHandle>,
}

/// A response that was a success up to its body, which may yet make it a failure.
///
/// It is told once: when the body has failed, or else when it has ended or is not wanted any more.
#[derive(Debug)]
pub(crate) struct Observed(Option<Observation>);

impl Observed {
    pub(crate) fn success_so_far(mut observation: Observation) -> Self {
        observation.stop_clock();
        Self(Some(observation))
    }

    fn failed(mut self, population: Population) {
        if let Some(mut observation) = self.0.take() {
            if population == Population::Treated {
                observation.treated();
            }
            observation.finish(Outcome::Failure);
        }
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        if let Some(observation) = self.0.take() {
            observation.finish(Outcome::Success);
        }
    }
}

#[pin_project]
struct Passing<B> {
    #[pin]
    body: B,
    treatment: Treatment,
    /// The data at hand, when they came, and what has been said of the next of them.
    held: Option<(Bytes, Instant)>,
    piece: Option<Piece>,
    sent: Sent,
    /// The end that waits until what was sent before it is on its way.
    ending: Option<Broken>,
}

/// Whether anything was handed on that may not be on its way yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    PerhapsNotYet,
}

impl<B> TreatedBody<B> {
    fn new(needs: Needs, kind: Kind<B>) -> Self {
        Self(needs.arm(Box::pin(kind)))
    }

    pub(crate) fn passing(needs: Needs, body: B, treatment: Treatment) -> Self {
        Self::new(
            needs,
            Kind::Passing(Passing {
                body,
                treatment,
                held: None,
                piece: None,
                sent: Sent::Nothing,
                ending: None,
            }),
        )
    }

    pub(crate) fn answer(needs: Needs, text: impl Into<Bytes>) -> Self {
        let text = text.into();
        Self::new(needs, Kind::Answer((!text.is_empty()).then_some(text)))
    }

    pub(crate) fn broken(
        needs: Needs,
        fault: InjectedFault,
        connection: Option<ConnectionHandle>,
    ) -> Self {
        Self::new(needs, Kind::Broken(Some((fault, connection))))
    }
}

impl<B> Body for TreatedBody<B>
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
            KindProjection::Passing(passing) => passing.poll_frame(cx),
            KindProjection::Answer(text) => {
                Poll::Ready(text.take().map(|text| Ok(Frame::data(text))))
            }
            KindProjection::Broken(broken) => {
                Poll::Ready(broken.take().map(|(fault, connection)| {
                    // Not before: a body that nobody reads breaks nothing.
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
            Kind::Passing(passing) => passing.held.is_none() && passing.body.is_end_stream(),
            Kind::Answer(text) => text.is_none(),
            Kind::Broken(fault) => fault.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &**self.0.get() {
            Kind::Passing(passing) => passing.size_hint(),
            Kind::Answer(text) => SizeHint::with_exact(text.as_ref().map_or(0, Bytes::len) as u64),
            Kind::Broken(_) => SizeHint::default(),
        }
    }
}

impl<B> Passing<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        loop {
            if let Some(broken) = this.ending.take() {
                return Poll::Ready(Some(Err(this.treatment.end(broken))));
            }
            let Some((held, arrived)) = this.held else {
                let frame = ready!(this.treatment.poll_inner(this.body.as_mut(), cx));
                match frame.map(|frame| frame.map(Frame::into_data)) {
                    None => {
                        this.treatment.observation = None;
                        return Poll::Ready(None);
                    }
                    Some(Err(error)) => {
                        this.treatment.failed(Population::Bystander);
                        return Poll::Ready(Some(Err(error)));
                    }
                    // Trailers come after all data, so nothing holds them back any more.
                    Some(Ok(Err(trailers))) => {
                        if trailers.trailers_ref().is_some_and(grpc::is_failure) {
                            this.treatment.failed(Population::Bystander);
                        }
                        return Poll::Ready(Some(Ok(trailers)));
                    }
                    Some(Ok(Ok(data))) if data.is_empty() => continue,
                    Some(Ok(Ok(data))) => *this.held = Some((data, now())),
                }
                continue;
            };
            let Some(piece) = *this.piece else {
                match this.treatment.flow.schedule(held.len(), *arrived) {
                    Ok(piece) => *this.piece = Some(piece),
                    Err(broken) => {
                        *this.ending = Some(broken);
                        if std::mem::replace(this.sent, Sent::Nothing) == Sent::PerhapsNotYet {
                            // Whoever writes the response writes it out when there is nothing more to be had for now.
                            cx.waker().wake_by_ref();
                            return Poll::Pending;
                        }
                    }
                }
                continue;
            };
            ready!(this.treatment.flow.poll_due(piece.due, cx));
            *this.piece = None;
            if piece.len == 0 {
                continue;
            }
            let data = this
                .treatment
                .pass(held.split_to(piece.len.min(held.len())));
            if held.is_empty() {
                *this.held = None;
            }
            *this.sent = Sent::PerhapsNotYet;
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }

    /// What was announced, whether or not all of it will come: that is what a broken body is.
    fn size_hint(&self) -> SizeHint {
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

/// Whose failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Population {
    Treated,
    Bystander,
}

impl Treatment {
    /// Nothing but the scope of its request goes with a body.
    pub(crate) fn within(scope: Scope) -> Self {
        Self {
            scope: Some(scope),
            ..Self::default()
        }
    }

    /// True when there is nothing to do with a body.
    pub(crate) fn is_nothing(&self) -> bool {
        self.flow.is_straight() && self.scope.is_none() && self.observation.is_none()
    }

    /// Polls the body in the scope of its request: what it does belongs to it.
    fn poll_inner<B>(
        &self,
        body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let frame = match &self.scope {
            Some(scope) => scope.enter_blocking(|| body.poll_frame(cx)),
            None => body.poll_frame(cx),
        };
        frame.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    /// Lets data pass, changed if a fault wants them so.
    fn pass(&mut self, data: Bytes) -> Bytes {
        let len = data.len();
        let data = if self.flow.alters() {
            let mut data = BytesMut::from(data);
            self.flow.alter(&mut data);
            data.freeze()
        } else {
            data
        };
        self.flow.passed(len);
        data
    }

    /// Breaks the response off.
    fn end(&mut self, broken: Broken) -> BoxError {
        self.failed(Population::Treated);
        if let (Breakage::Reset, Some(connection)) = (broken.how, &self.connection) {
            connection.reset_on_close();
        }
        io::Error::from(broken.fault).into()
    }

    fn failed(&mut self, population: Population) {
        if let Some(observed) = self.observation.take() {
            observed.failed(population);
        }
    }
}

impl<B> std::fmt::Debug for TreatedBody<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TreatedBody").finish_non_exhaustive()
    }
}

/// The time on the runtime's clock, which a test may have paused.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
