//! The context of a response body: its faults, the scope of its request, the outcome that it reports.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use chaos_core::Scope;
use chaos_core::adapter::{Breakage, Broken, Flow};
use chaos_net::ConnectionHandle;
use http_body::{Body, Frame};

use super::outcome::{BodyOutcome, Cause};
use crate::box_error::BoxError;

/// The context of a response body.
#[derive(Debug, Default)]
pub struct BodyContext {
    pub(crate) flow: Flow,
    pub(crate) scope: Option<Scope>,
    pub(crate) outcome: Option<BodyOutcome>,
    /// The connection that an injected reset resets. Without one, the server closes the connection.
    pub(crate) connection: Option<ConnectionHandle>,
}

impl BodyContext {
    /// True when the body can go out unchanged.
    pub(crate) fn is_empty(&self) -> bool {
        self.flow.is_straight() && self.scope.is_none() && self.outcome.is_none()
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

    /// Releases data, corrupted if a fault requires it.
    pub(super) fn release(&mut self, data: Bytes) -> Bytes {
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
    pub(super) fn break_off(&mut self, broken: Broken) -> BoxError {
        self.report_failure(Cause::Injected);
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
        io::Error::from(broken.fault).into()
    }

    /// Reports that the body failed.
    pub(super) fn report_failure(&mut self, cause: Cause) {
        if let Some(outcome) = self.outcome.take() {
            outcome.report_failure(cause);
        }
    }

    /// Reports that the body ended.
    pub(super) fn report_end(&mut self) {
        self.outcome = None;
    }
}
