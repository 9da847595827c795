//! What body a response has once faults may strike it.

use bytes::Bytes;
use http::Response;
use http_body::Body;

use super::{ChaosBody, TreatedBody};
use crate::role::PollReply;

/// A body that faults may strike, and the body that the response has then.
///
/// For the bodies of axum and tonic, which hold any other, that is the same type; for others it is a [`ChaosBody`]
/// around them. A body of your own that is not in the list is either mapped into a `ChaosBody` inside of the layer,
/// or implements this with `ChaosBody<Self>`, as the example does.
///
/// ```
/// # use std::pin::Pin;
/// # use std::task::{Context, Poll};
/// use chaos_tower::{ChaosBody, TreatableBody, TreatedBody};
///
/// struct Rows;
/// # impl http_body::Body for Rows {
/// #     type Data = bytes::Bytes;
/// #     type Error = std::io::Error;
/// #     fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>)
/// #         -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> { Poll::Ready(None) }
/// # }
/// impl TreatableBody for Rows {
///     type Outgoing = ChaosBody<Self>;
///
///     fn untouched(self) -> ChaosBody<Self> {
///         ChaosBody::untouched(self)
///     }
///
///     fn treated(body: TreatedBody<Self>) -> ChaosBody<Self> {
///         ChaosBody::treated(body)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "faults can't strike a body of type `{Self}`",
    label = "the response of this service has the body `{Self}`",
    note = "the bodies of axum, tonic and hyper need the feature `axum`, `tonic` or `hyper` of chaos-tower",
    note = "a body of your own implements `TreatableBody`, or is mapped into a `ChaosBody` inside of the layer"
)]
pub trait TreatableBody: Body<Data = Bytes> + Sized {
    /// The body of the response.
    type Outgoing;

    /// The body as it is.
    fn untouched(self) -> Self::Outgoing;

    /// A body that faults strike.
    fn treated(body: TreatedBody<Self>) -> Self::Outgoing;

    /// What came of a poll, with the body as it is; where that changes nothing, nothing need be moved.
    #[doc(hidden)]
    #[inline(always)]
    fn hand_on<E>(reply: PollReply<Response<Self>, E>) -> PollReply<Response<Self::Outgoing>, E> {
        reply.map_ok(|response| response.map(Self::untouched))
    }
}

macro_rules! wrapped {
    ($($(#[$attribute:meta])* [$($generics:tt)*] $body:ty;)*) => {$(
        $(#[$attribute])*
        impl<$($generics)*> TreatableBody for $body
        where
            Self: Body<Data = Bytes>,
        {
            type Outgoing = ChaosBody<Self>;

            #[inline(always)]
            fn untouched(self) -> ChaosBody<Self> {
                ChaosBody::untouched(self)
            }

            fn treated(body: TreatedBody<Self>) -> ChaosBody<Self> {
                ChaosBody::treated(body)
            }
        }
    )*};
}

wrapped! {
    [B] ChaosBody<B>;
    [] String;
    [] http_body_util::Full<Bytes>;
    [] http_body_util::Empty<Bytes>;
    [S] http_body_util::StreamBody<S>;
    [B] http_body_util::Limited<B>;
    [L, R] http_body_util::Either<L, R>;
    [B, F] http_body_util::combinators::MapErr<B, F>;
    [B, F] http_body_util::combinators::MapFrame<B, F>;
    [E] http_body_util::combinators::BoxBody<Bytes, E>;
    [E] http_body_util::combinators::UnsyncBoxBody<Bytes, E>;
    #[cfg(feature = "hyper")]
    [] hyper::body::Incoming;
}

/// Bodies that hold any other: they stay what they are.
#[cfg(any(feature = "axum", feature = "tonic"))]
macro_rules! holds_any {
    ($(#[$attribute:meta] $body:ty;)*) => {$(
        #[$attribute]
        impl TreatableBody for $body {
            type Outgoing = Self;

            #[inline(always)]
            fn untouched(self) -> Self {
                self
            }

            #[inline(always)]
            fn hand_on<E>(reply: PollReply<Response<Self>, E>) -> PollReply<Response<Self>, E> {
                reply
            }

            fn treated(body: TreatedBody<Self>) -> Self {
                Self::new(ChaosBody::treated(body))
            }
        }
    )*};
}

#[cfg(any(feature = "axum", feature = "tonic"))]
holds_any! {
    #[cfg(feature = "axum")] axum::body::Body;
    #[cfg(feature = "tonic")] tonic::body::Body;
}
