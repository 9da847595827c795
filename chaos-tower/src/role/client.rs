//! The client's side of HTTP: answers as the server would have, or fails as the network would have.

use std::sync::Arc;

use chaos_core::adapter::{Decision, Needs, Outcome};
use chaos_core::{InjectedFault, Scope, Site, TagKeys};
use http::Extensions;

use super::{At, Begun, Follows, Instead, PollReply, Role};
use crate::answer::{self, Naming, Protocol};
use crate::body::Treatment;
use crate::dead_end::DeadEnd;
use crate::http_request::{OutgoingRequest, decide};
use crate::http_response::HttpResponse;
use crate::tags;

/// The client's side of HTTP.
///
/// Failures that a server tells of (unavailable, overloaded, a status) are answers; those of the connection (refused,
/// reset, closed) are the wrapped client's own errors, from a call to an address in this process that fails so: an
/// `OPTIONS /chaos-dead-end` in place of the request, or after it in phase `After`. A client that can't get there, such
/// as one bound to an interface or `https_only`, fails in its own way; whatever answers that call in its place, a stub
/// in a test, say, is not believed: then the caller gets the answer of a failing server, a 503 or a 500. Through a proxy
/// or a Unix socket that call would reach somebody real:
/// [`imitating_connections`](crate::ChaosLayer::imitating_connections) gives that answer without any call.
#[derive(Debug, Clone)]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    site: Site,
    keys: Option<TagKeys>,
    broken: BrokenConnections,
}

/// How the caller is told of a broken connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BrokenConnections {
    Real,
    Imitated,
}

impl Client {
    pub(crate) fn new(site: Site) -> Self {
        Self(Arc::new(Shared {
            site,
            keys: None,
            broken: BrokenConnections::Real,
        }))
    }

    /// Sends tags along, whatever runs here.
    pub(crate) fn sending_tags(self, keys: TagKeys) -> Self {
        let Shared { site, broken, .. } = &*self.0;
        site.always_scoped();
        Self(Arc::new(Shared {
            site: site.clone(),
            keys: Some(keys),
            broken: *broken,
        }))
    }

    /// Makes no calls that are bound to fail.
    pub(crate) fn imitating_connections(self) -> Self {
        let Shared { site, keys, .. } = &*self.0;
        Self(Arc::new(Shared {
            site: site.clone(),
            keys: keys.clone(),
            broken: BrokenConnections::Imitated,
        }))
    }
}

/// What the client remembers of a request.
#[derive(Debug)]
#[doc(hidden)]
pub struct Asked {
    protocol: Protocol,
    extensions: Extensions,
}

impl At for Client {
    #[inline(always)]
    fn site(&self) -> &Site {
        &self.0.site
    }
}

impl<Request, Response, Error> Role<Request, Response, Error> for Client
where
    Request: OutgoingRequest,
    Response: HttpResponse,
{
    type Response = Response::Outgoing;
    type Origin = Asked;

    fn begin(&self, needs: Needs, request: &mut Request) -> Begun<Asked> {
        let site = &self.0.site;
        let scope = request
            .extensions()
            .and_then(|all| all.get::<Scope>().cloned())
            .or_else(Scope::current);
        match (&self.0.keys, &scope) {
            (Some(keys), Some(scope)) => tags::send(request.headers_mut(), scope, keys),
            // A service that is not trusted gets none, whoever wrote them.
            _ => tags::strip(request.headers_mut()),
        }
        let decision = if needs.decision() {
            decide(site, request, scope.as_ref())
        } else {
            Decision::NONE
        };
        Begun {
            origin: Asked {
                protocol: Protocol::of(request.headers()),
                extensions: request.extensions_of_answers(),
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
    fn hand_on(reply: PollReply<Response, Error>) -> PollReply<Response::Outgoing, Error> {
        Response::hand_on(reply)
    }

    fn treated(response: Response, needs: Needs, treatment: Treatment) -> Response::Outgoing {
        response.treated(needs, treatment)
    }

    fn follows(response: &Response) -> Follows {
        response.follows()
    }

    fn judge_head(response: &Response) -> Outcome {
        let (status, headers) = response.head();
        answer::outcome(status, headers)
    }

    fn judge(response: &Response::Outgoing) -> Outcome {
        let (status, headers) = Response::read(response);
        answer::outcome(status, headers)
    }

    fn instead(
        &self,
        origin: &Asked,
        needs: Needs,
        fault: InjectedFault,
    ) -> Instead<Request, Response::Outgoing, Error> {
        // A gRPC channel sends all requests to its own server, and tells of broken connections as of any failure.
        let dead_end = match (origin.protocol, self.0.broken) {
            (Protocol::Http, BrokenConnections::Real) => {
                DeadEnd::of(fault.failure()).and_then(Result::ok)
            }
            (Protocol::Grpc, _) | (_, BrokenConnections::Imitated) => None,
        };
        let call = dead_end.and_then(|dead_end| {
            let address = dead_end.address().ok()?;
            let request = Request::bound_to_fail(&address.to_string(), fault.failure())?;
            Some((request, dead_end))
        });
        match call {
            Some((request, dead_end)) => Instead::Call(request, fault, dead_end),
            None => Instead::Reply(<Self as Role<Request, Response, Error>>::answered(
                self, origin, needs, fault,
            )),
        }
    }

    fn answered(
        &self,
        origin: &Asked,
        needs: Needs,
        fault: InjectedFault,
    ) -> Result<Response::Outgoing, Error> {
        let mut answer = answer::answer(&fault, origin.protocol, Naming::Nowhere);
        answer.extensions_mut().extend(origin.extensions.clone());
        Ok(Response::answered(needs, answer))
    }
}
