//! What a layer does with an HTTP response, whoever's type it is.

use chaos_core::adapter::Needs;
use http::{HeaderMap, Response, StatusCode};

use crate::body::{TreatableBody, TreatedBody, Treatment};
use crate::role::{Follows, PollReply};

/// A response whose body faults may strike.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no response that a layer of chaos-tower can read",
    note = "those of the `http` crate are; reqwest's needs the feature `reqwest` of chaos-tower",
    note = "a service that speaks no HTTP goes into `ChaosLayer::service`"
)]
pub trait HttpResponse: Sized {
    /// The response with the body that it then has.
    type Outgoing;

    /// The response as it is.
    #[doc(hidden)]
    fn untouched(self) -> Self::Outgoing;

    /// What came of a poll, as it is.
    #[doc(hidden)]
    #[inline(always)]
    fn hand_on<E>(reply: PollReply<Self, E>) -> PollReply<Self::Outgoing, E> {
        reply.map_ok(Self::untouched)
    }

    /// The response with faults that strike its body.
    #[doc(hidden)]
    fn treated(self, needs: Needs, treatment: Treatment) -> Self::Outgoing;

    /// A response that stands in for the service's.
    #[doc(hidden)]
    fn answered(needs: Needs, answer: Response<String>) -> Self::Outgoing;

    /// What follows the head.
    #[doc(hidden)]
    fn follows(&self) -> Follows;

    /// Status and headers.
    #[doc(hidden)]
    fn head(&self) -> (StatusCode, &HeaderMap);

    /// Status and headers of one that is handed on.
    #[doc(hidden)]
    fn read(response: &Self::Outgoing) -> (StatusCode, &HeaderMap);
}

impl<B: TreatableBody> HttpResponse for Response<B> {
    type Outgoing = Response<B::Outgoing>;

    #[inline(always)]
    fn untouched(self) -> Self::Outgoing {
        self.map(B::untouched)
    }

    #[inline(always)]
    fn hand_on<E>(reply: PollReply<Self, E>) -> PollReply<Self::Outgoing, E> {
        B::hand_on(reply)
    }

    fn treated(self, needs: Needs, treatment: Treatment) -> Self::Outgoing {
        self.map(|body| B::treated(TreatedBody::passing(needs, body, treatment)))
    }

    fn answered(needs: Needs, answer: Response<String>) -> Self::Outgoing {
        answer.map(|text| B::treated(TreatedBody::answer(needs, text)))
    }

    fn follows(&self) -> Follows {
        let body = self.body();
        if body.is_end_stream() {
            Follows::Nothing
        } else if body.size_hint().exact().is_some() {
            Follows::BytesAtHand
        } else {
            Follows::Stream
        }
    }

    fn head(&self) -> (StatusCode, &HeaderMap) {
        (self.status(), self.headers())
    }

    fn read(response: &Self::Outgoing) -> (StatusCode, &HeaderMap) {
        (response.status(), response.headers())
    }
}
