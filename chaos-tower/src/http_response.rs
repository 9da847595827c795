//! The parts of an HTTP response that a layer reads and replaces.

use std::task::Poll;

use chaos_core::adapter::Needs;
use http::{HeaderMap, Response, StatusCode};

use crate::body::{BodyContext, BodyErrors, BodyKind, FaultyBody, InjectableBody};

/// A response whose body faults can be injected into.
#[diagnostic::on_unimplemented(
    message = "chaos-tower cannot read responses of type `{Self}`",
    note = "it reads those of http 1, as in axum 0.7 and later, and with the feature `reqwest` those of reqwest 0.13",
    note = "for a service that is not HTTP use `ChaosLayer::service`"
)]
pub trait HttpResponse: Sized {
    /// The response that callers of the layer receive.
    type Outgoing;

    /// Converts a response that no experiment affects.
    #[doc(hidden)]
    fn untouched(self) -> Self::Outgoing;

    /// Converts the result of polling a call that no experiment affects.
    #[doc(hidden)]
    #[inline(always)]
    fn untouched_poll<E>(reply: Poll<Result<Self, E>>) -> Poll<Result<Self::Outgoing, E>> {
        reply.map_ok(Self::untouched)
    }

    /// Converts a response whose body has a context.
    #[doc(hidden)]
    fn with_body_context(self, needs: Needs, context: BodyContext) -> Self::Outgoing;

    /// Returns a response that is injected in place of the real one.
    #[doc(hidden)]
    fn injected(needs: Needs, response: Response<String>) -> Self::Outgoing;

    /// Returns the kind of body that follows the head.
    #[doc(hidden)]
    fn body_kind(&self) -> BodyKind;

    /// Returns status and headers.
    #[doc(hidden)]
    fn head(&self) -> (StatusCode, &HeaderMap);

    /// Returns status and headers of a converted response.
    #[doc(hidden)]
    fn outgoing_head(response: &Self::Outgoing) -> (StatusCode, &HeaderMap);
}

impl<B: InjectableBody> HttpResponse for Response<B> {
    type Outgoing = Response<B::Outgoing>;

    #[inline(always)]
    fn untouched(self) -> Self::Outgoing {
        self.map(B::untouched)
    }

    #[inline(always)]
    fn untouched_poll<E>(reply: Poll<Result<Self, E>>) -> Poll<Result<Self::Outgoing, E>> {
        B::untouched_poll(reply)
    }

    fn with_body_context(self, needs: Needs, mut context: BodyContext) -> Self::Outgoing {
        context.errors = BodyErrors::of(self.headers());
        self.map(|body| B::faulty(FaultyBody::inner(needs, body, context)))
    }

    fn injected(needs: Needs, response: Response<String>) -> Self::Outgoing {
        response.map(|text| B::faulty(FaultyBody::text(needs, text)))
    }

    fn body_kind(&self) -> BodyKind {
        let body = self.body();
        if body.is_end_stream() {
            BodyKind::Empty
        } else if body.size_hint().exact().is_some() {
            BodyKind::Buffered
        } else {
            BodyKind::Streaming
        }
    }

    fn head(&self) -> (StatusCode, &HeaderMap) {
        (self.status(), self.headers())
    }

    fn outgoing_head(response: &Self::Outgoing) -> (StatusCode, &HeaderMap) {
        (response.status(), response.headers())
    }
}
