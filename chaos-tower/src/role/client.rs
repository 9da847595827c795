//! The role of an HTTP client: responds as the server would have, or fails as the network would have.

use std::sync::Arc;
use std::task::Poll;

use chaos_core::adapter::{Decision, Needs, Outcome};
use chaos_core::{Failure, InjectedFault, Scope, Site, TagKeys};
use http::Extensions;

use super::contract::{HasSite, Inspection, Replacement, Role};
use crate::body::{BodyContext, BodyKind};
use crate::error_response::{self, Protocol};
use crate::failing_address::FailingAddress;
use crate::http_request::{OutgoingRequest, decide};
use crate::http_response::HttpResponse;
use crate::second_layer;
use crate::tag_headers;

/// The role of an HTTP client.
///
/// Failures that a server reports (unavailable, overloaded, a status) are injected as responses. Failures of the
/// connection (refused, reset, closed) are the wrapped client's own errors: the layer redirects the call to an address
/// in this process that fails in this way, as `OPTIONS /chaos-failing-address` in place of the request, or after it in
/// phase `After`. A client that cannot reach that address, such as one bound to an interface or `https_only`, fails in
/// its own way. If anything else responds to the redirected call, such as a stub in a test, the caller receives the
/// response of a failing server, a 503 or a 500.
///
/// Around a bare `reqwest::Client`, the client's own time limits run while a fault holds a call: the call is created at once,
/// and sent when the fault lets it go. Another one with the same limits goes to an address in this process that never
/// responds, and shows when they pass.
///
/// Through a proxy or a Unix socket the redirected call would reach a real server: there use
/// [`imitating_connections`](crate::ChaosLayer::imitating_connections), which responds without any call.
#[derive(Debug, Clone)]
pub struct Client(Arc<Settings>);

#[derive(Debug)]
struct Settings {
    site: Site,
    keys: Option<TagKeys>,
    connection_failures: ConnectionFailures,
}

/// How the caller sees the failure of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionFailures {
    /// As the client's own error.
    Real,
    /// As the response of a failing server.
    Imitated,
}

impl Client {
    pub(crate) fn new(site: Site) -> Self {
        Self(Arc::new(Settings {
            site,
            keys: None,
            connection_failures: ConnectionFailures::Real,
        }))
    }

    /// Sends tags with every request, whether or not an experiment runs here.
    pub(crate) fn sending_tags(self, keys: TagKeys) -> Self {
        let settings = &*self.0;
        settings.site.always_scoped();
        Self(Arc::new(Settings {
            site: settings.site.clone(),
            keys: Some(keys),
            connection_failures: settings.connection_failures,
        }))
    }

    pub(crate) fn imitating_connections(self) -> Self {
        let settings = &*self.0;
        Self(Arc::new(Settings {
            site: settings.site.clone(),
            keys: settings.keys.clone(),
            connection_failures: ConnectionFailures::Imitated,
        }))
    }
}

/// What the client remembers about a request.
#[derive(Debug)]
#[doc(hidden)]
pub struct ClientRequestInfo {
    protocol: Protocol,
    /// The extensions of a response that is injected.
    extensions: Extensions,
}

impl HasSite for Client {
    #[inline(always)]
    fn site(&self) -> &Site {
        &self.0.site
    }
}

impl<Request, Response, Error> Role<Request, Response, Error> for Client
where
    Request: OutgoingRequest,
    Response: HttpResponse,
    Error: 'static,
{
    type Response = Response::Outgoing;
    type RequestInfo = ClientRequestInfo;

    fn inspect(&self, needs: Needs, request: &mut Request) -> Inspection<ClientRequestInfo> {
        let site = &self.0.site;
        let scope = request
            .extensions()
            .and_then(|all| all.get::<Scope>().cloned())
            .or_else(Scope::current);
        match (&self.0.keys, &scope) {
            (Some(keys), Some(scope)) => tag_headers::send(request.headers_mut(), scope, keys),
            // A service that is not trusted receives no tags, not even those that the caller wrote.
            _ => tag_headers::strip(request.headers_mut()),
        }
        let decision = if needs.decision() {
            if let Some(extensions) = request.extensions_mut() {
                second_layer::detect(site, extensions);
            }
            decide(site, request, scope.as_ref())
        } else {
            Decision::NONE
        };
        Inspection {
            info: ClientRequestInfo {
                protocol: Protocol::of(request.headers()),
                extensions: request.response_extensions(),
            },
            decision,
            observation: site.observe(),
            scope: None,
        }
    }

    #[inline(always)]
    fn untouched(response: Response) -> Response::Outgoing {
        response.untouched()
    }

    #[inline(always)]
    fn untouched_poll(
        reply: Poll<Result<Response, Error>>,
    ) -> Poll<Result<Response::Outgoing, Error>> {
        Response::untouched_poll(reply)
    }

    fn with_body_context(
        response: Response,
        needs: Needs,
        context: BodyContext,
    ) -> Response::Outgoing {
        response.with_body_context(needs, context)
    }

    fn body_kind(response: &Response) -> BodyKind {
        response.body_kind()
    }

    fn head_outcome(response: &Response) -> Outcome {
        let (status, headers) = response.head();
        error_response::outcome(status, headers)
    }

    fn outcome(response: &Response::Outgoing) -> Outcome {
        let (status, headers) = Response::outgoing_head(response);
        error_response::outcome(status, headers)
    }

    fn starts_clocks_when_called<Call>() -> bool {
        Request::starts_clocks_when_called::<Call>()
    }

    fn limit_probe(&self, request: &Request) -> Option<(Request, FailingAddress)> {
        if self.0.connection_failures == ConnectionFailures::Imitated {
            return None;
        }
        let address = FailingAddress::for_failure(&Failure::TimedOut)?.ok()?;
        let authority = address.socket_address().ok()?.to_string();
        Some((request.with_same_limits(&authority)?, address))
    }

    fn limit_error(info: &ClientRequestInfo, error: Error) -> Option<Error> {
        Request::is_limit(&error).then(|| Request::as_original(error, &info.extensions))
    }

    fn original_error(info: &ClientRequestInfo, error: Error) -> Error {
        Request::as_original(error, &info.extensions)
    }

    fn replace(
        &self,
        info: &ClientRequestInfo,
        needs: Needs,
        fault: InjectedFault,
    ) -> Replacement<Request, Response::Outgoing, Error> {
        let address = match (info.protocol, self.0.connection_failures) {
            (Protocol::Http, ConnectionFailures::Real) => {
                FailingAddress::for_failure(fault.failure()).and_then(Result::ok)
            }
            // A gRPC channel sends all requests to its own server, and reports broken connections like any failure.
            (Protocol::Grpc, _) | (_, ConnectionFailures::Imitated) => None,
        };
        let redirect = address.and_then(|address| {
            let authority = address.socket_address().ok()?.to_string();
            let request = Request::redirected(&authority, fault.failure())?;
            Some((request, address))
        });
        match redirect {
            Some((request, address)) => Replacement::Redirect {
                request,
                fault,
                address,
            },
            None => Replacement::Reply(<Self as Role<Request, Response, Error>>::reply(
                self, info, needs, fault,
            )),
        }
    }

    fn reply(
        &self,
        info: &ClientRequestInfo,
        needs: Needs,
        fault: InjectedFault,
    ) -> Result<Response::Outgoing, Error> {
        let mut response = error_response::for_fault(&fault, info.protocol);
        response.extensions_mut().extend(info.extensions.clone());
        Ok(Response::injected(needs, response))
    }
}
