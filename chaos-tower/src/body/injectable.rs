//! The bodies that faults can be injected into, and what they become.

use std::task::Poll;

use bytes::Bytes;
use http::Response;
use http_body::Body;

use super::chaos_body::ChaosBody;
use super::faulty::FaultyBody;

/// A body that faults can be injected into, and the body of the response that the layer returns.
///
/// The bodies of axum and tonic can hold any other body, so they keep their type. Other bodies are wrapped in a
/// [`ChaosBody`]. For a body that has no implementation, either map the response to a `ChaosBody` inside the layer, or
/// implement this trait with `ChaosBody<Self>`:
///
/// ```
/// # use std::pin::Pin;
/// # use std::task::{Context, Poll};
/// use chaos_tower::{ChaosBody, FaultyBody, InjectableBody};
///
/// struct Rows;
/// # impl http_body::Body for Rows {
/// #     type Data = bytes::Bytes;
/// #     type Error = std::io::Error;
/// #     fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>)
/// #         -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> { Poll::Ready(None) }
/// # }
/// impl InjectableBody for Rows {
///     type Outgoing = ChaosBody<Self>;
///
///     fn untouched(self) -> ChaosBody<Self> {
///         ChaosBody::untouched(self)
///     }
///
///     fn faulty(body: FaultyBody<Self>) -> ChaosBody<Self> {
///         ChaosBody::faulty(body)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "chaos-tower cannot inject faults into a body of type `{Self}`",
    label = "the response of this service has the body `{Self}`",
    note = "the bodies of axum 0.8, tonic 0.14 and hyper 1 need the feature `axum`, `tonic` or `hyper` of chaos-tower",
    note = "bodies of other versions, such as those of axum 0.7, are other types: update axum",
    note = "implement `InjectableBody` for your own body, or map it to a `ChaosBody` inside the layer"
)]
pub trait InjectableBody: Body<Data = Bytes> + Sized {
    /// The body of the response that the layer returns.
    type Outgoing;

    /// Converts a body that no fault affects.
    fn untouched(self) -> Self::Outgoing;

    /// Converts a body that faults affect.
    fn faulty(body: FaultyBody<Self>) -> Self::Outgoing;

    /// Converts the result of polling a call that no experiment affects.
    ///
    /// Overridden by bodies that keep their type, so that nothing is moved.
    #[doc(hidden)]
    #[inline(always)]
    fn untouched_poll<E>(
        reply: Poll<Result<Response<Self>, E>>,
    ) -> Poll<Result<Response<Self::Outgoing>, E>> {
        reply.map_ok(|response| response.map(Self::untouched))
    }
}

macro_rules! wrapped {
    ($($(#[$attribute:meta])* [$($generics:tt)*] $body:ty;)*) => {$(
        $(#[$attribute])*
        impl<$($generics)*> InjectableBody for $body
        where
            Self: Body<Data = Bytes>,
        {
            type Outgoing = ChaosBody<Self>;

            #[inline(always)]
            fn untouched(self) -> ChaosBody<Self> {
                ChaosBody::untouched(self)
            }

            fn faulty(body: FaultyBody<Self>) -> ChaosBody<Self> {
                ChaosBody::faulty(body)
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

/// Bodies that can hold any other body, and keep their type.
#[cfg(any(feature = "axum", feature = "tonic"))]
macro_rules! holds_any {
    ($(#[$attribute:meta] $body:ty;)*) => {$(
        #[$attribute]
        impl InjectableBody for $body {
            type Outgoing = Self;

            #[inline(always)]
            fn untouched(self) -> Self {
                self
            }

            #[inline(always)]
            fn untouched_poll<E>(
                reply: Poll<Result<Response<Self>, E>>,
            ) -> Poll<Result<Response<Self>, E>> {
                reply
            }

            fn faulty(body: FaultyBody<Self>) -> Self {
                Self::new(ChaosBody::faulty(body))
            }
        }
    )*};
}

#[cfg(any(feature = "axum", feature = "tonic"))]
holds_any! {
    #[cfg(feature = "axum")] axum::body::Body;
    #[cfg(feature = "tonic")] tonic::body::Body;
}
