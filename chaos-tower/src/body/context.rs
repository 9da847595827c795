//! The context of a response body: its faults, the scope of its request, the outcome that it reports.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use chaos_core::Scope;
use chaos_core::adapter::{Breakage, Broken, Flow, OutsideWork};
use chaos_net::ConnectionHandle;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::{Body, Frame};

use super::outcome::{BodyOutcome, Cause};
use crate::box_error::BoxError;
use crate::grpc;

/// The context of a response body.
#[derive(Debug, Default)]
pub struct BodyContext {
    pub(crate) flow: Flow,
    pub(crate) scope: Option<Scope>,
    pub(crate) outcome: Option<BodyOutcome>,
    /// The call, while its service may send more of the body.
    pub(crate) outside: Option<OutsideWork>,
    /// The connection that an injected reset resets. Without one, the server closes the connection.
    pub(crate) connection: Option<ConnectionHandle>,
    pub(crate) errors: BodyErrors,
}

/// How a response whose head has been sent reports an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum BodyErrors {
    /// It breaks off.
    #[default]
    BreakOff,
    /// It ends with a gRPC status in its trailers.
    GrpcTrailers,
}

impl BodyErrors {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(CONTENT_TYPE) {
            Some(kind) if grpc::is_grpc(kind) => Self::GrpcTrailers,
            _ => Self::BreakOff,
        }
    }
}

impl BodyContext {
    /// True when the body can go out unchanged.
    pub(crate) fn is_empty(&self) -> bool {
        self.flow.is_straight()
            && self.scope.is_none()
            && self.outcome.is_none()
            && self.outside.is_none()
    }

    /// Polls the body in the scope of its request.
    pub(super) fn poll_body<B>(
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

    /// Breaks the response off, or ends it with the trailers of an error.
    pub(super) fn break_off(&mut self, broken: Broken) -> Result<Frame<Bytes>, BoxError> {
        self.report_failure(Cause::Injected);
        if (broken.how, self.errors) == (Breakage::Error, BodyErrors::GrpcTrailers) {
            return Ok(Frame::trailers(grpc::status(&broken.fault)));
        }
        match broken.how {
            Breakage::Reset => {
                if let Some(connection) = &self.connection {
                    connection.reset_on_close();
                }
            }
            // The error below makes the server close the connection, which a body cannot do in any other way.
            Breakage::Cut | Breakage::HalfClosed | Breakage::Error => {}
            unknown => {
                tracing::warn!(breakage = ?unknown, "chaos-tower does not know this breakage, closing the connection");
            }
        }
        Err(io::Error::from(broken.fault).into())
    }

    /// Reports that the body failed.
    pub(super) fn report_failure(&mut self, cause: Cause) {
        self.outside = None;
        if let Some(outcome) = self.outcome.take() {
            outcome.report_failure(cause);
        }
    }

    /// Reports that the body ended.
    pub(super) fn report_end(&mut self) {
        self.outside = None;
        self.outcome = None;
    }
}
