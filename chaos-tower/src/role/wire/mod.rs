//! The role of a client's wire: responds as the server would have, or breaks the connection to the caller.

mod recent_requests;

use std::io;
use std::sync::Arc;
use std::task::Poll;

use chaos_core::adapter::{Decision, Needs, Outcome, Support};
use chaos_core::{Failure, FaultKind, InjectedFault, Site};
use chaos_net::ConnectionHandle;
use http::{Request, Response, Version};

pub(crate) use recent_requests::RecentRequests;

use super::contract::{HasSite, Inspection, Role};
use crate::body::{BodyContext, BodyKind, InjectableBody};
use crate::box_error::BoxError;
use crate::error_response::{self, Protocol};
use crate::http_request::decide_on;
use crate::http_response::HttpResponse;
use crate::tag_headers;

/// The role of the wire between an HTTP client and its service, which holds one connection of the caller.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    site: Site,
    requests: Arc<RecentRequests>,
    connection: ConnectionHandle,
}

impl Wire {
    /// What the wire can do to a request. It can't panic in the caller's task, nor refuse a connection that is open.
    pub(crate) const SUPPORT: Support = Support::FLOWS
        .around_calls(&[
            FaultKind::Latency,
            FaultKind::Error,
            FaultKind::Timeout,
            FaultKind::RateLimit,
            FaultKind::CircuitBreak,
            FaultKind::Disconnect,
            FaultKind::Crash,
        ])
        .without_refusals();

    pub(crate) fn connection(&self) -> &ConnectionHandle {
        &self.connection
    }

    pub(crate) fn new(
        site: Site,
        requests: Arc<RecentRequests>,
        connection: ConnectionHandle,
    ) -> Self {
        Self {
            site,
            requests,
            connection,
        }
    }
}

/// The extension of a request that an experiment strikes, and perhaps holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Struck;

/// What the wire remembers about a request.
#[derive(Debug)]
pub(crate) struct WireRequestInfo {
    protocol: Protocol,
    connection: Option<ConnectionHandle>,
}

impl HasSite for Wire {
    #[inline(always)]
    fn site(&self) -> &Site {
        &self.site
    }
}

impl<ReqBody, ResBody> Role<Request<ReqBody>, Response<ResBody>, BoxError> for Wire
where
    ResBody: InjectableBody,
{
    type Response = Response<ResBody::Outgoing>;
    type RequestInfo = WireRequestInfo;

    fn inspect(&self, needs: Needs, request: &mut Request<ReqBody>) -> Inspection<WireRequestInfo> {
        let decision = if needs.decision() {
            // Without a name the site counts its requests.
            let scope = self.requests.scope_named_by(request.headers());
            let mut decision = decide_on(&self.site, request, scope.as_ref(), |operation| {
                operation
                    .suffers(Self::SUPPORT)
                    .fails_as(|failure| failure != Failure::Refused)
            });
            // Only the limits of the client itself can report that it took too long.
            decision.hold_timeouts();
            if !decision.is_none() {
                request.extensions_mut().insert(Struck);
            }
            decision
        } else {
            Decision::NONE
        };
        // A service that is not trusted receives no tags, not even those that the caller wrote.
        tag_headers::strip(request.headers_mut());
        Inspection {
            info: WireRequestInfo {
                protocol: Protocol::of(request.headers()),
                // Later versions share a connection between requests; there only the stream of a request is reset.
                connection: (request.version() < Version::HTTP_2).then(|| self.connection.clone()),
            },
            decision,
            observation: self.site.observe(),
            scope: None,
        }
    }

    #[inline(always)]
    fn untouched(response: Response<ResBody>) -> Self::Response {
        response.map(ResBody::untouched)
    }

    #[inline(always)]
    fn untouched_poll(
        reply: Poll<Result<Response<ResBody>, BoxError>>,
    ) -> Poll<Result<Self::Response, BoxError>> {
        ResBody::untouched_poll(reply)
    }

    fn with_body_context(
        response: Response<ResBody>,
        needs: Needs,
        context: BodyContext,
    ) -> Self::Response {
        HttpResponse::with_body_context(response, needs, context)
    }

    fn body_kind(response: &Response<ResBody>) -> BodyKind {
        response.body_kind()
    }

    fn connection(info: &WireRequestInfo) -> Option<ConnectionHandle> {
        info.connection.clone()
    }

    fn head_outcome(response: &Response<ResBody>) -> Outcome {
        error_response::outcome(response.status(), response.headers())
    }

    fn outcome(response: &Self::Response) -> Outcome {
        error_response::outcome(response.status(), response.headers())
    }

    fn reply(
        &self,
        info: &WireRequestInfo,
        needs: Needs,
        fault: InjectedFault,
    ) -> Result<Self::Response, BoxError> {
        match fault.failure() {
            Failure::Reset | Failure::Closed => {
                if let (Failure::Reset, Some(connection)) = (fault.failure(), &info.connection) {
                    connection.reset_on_close();
                }
                // The error makes the server of the hop close the connection, or reset the stream.
                Err(io::Error::from(fault).into())
            }
            _ => {
                let response = error_response::for_fault(&fault, info.protocol);
                Ok(Response::<ResBody>::injected(needs, response))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chaos_core::{BlastRadius, ChaosManager, Fault, SiteKind};
    use http_body_util::Full;

    use super::*;

    #[test]
    fn only_a_request_that_has_its_connection_to_itself_can_reset_it() {
        let chaos = ChaosManager::new();
        let site = chaos.register(SiteKind::Client, "payments", Wire::SUPPORT);
        let calls = BlastRadius::calls_to("payments");
        let _broken = chaos.inject(calls, Fault::reset()).unwrap();
        let needs = site.needs().unwrap();
        let wire = Wire::new(site, Arc::default(), ConnectionHandle::default());
        for (version, resets) in [(Version::HTTP_11, true), (Version::HTTP_2, false)] {
            let mut request = Request::new(());
            *request.version_mut() = version;
            let inspection =
                Role::<_, Response<Full<Bytes>>, _>::inspect(&wire, needs, &mut request);
            assert_eq!(inspection.info.connection.is_some(), resets, "{version:?}");
        }
    }
}
