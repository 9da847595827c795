//! The server's side of HTTP: opens the scope of a request, answers in place of the handler.

use std::sync::Arc;

use chaos_core::adapter::{Decision, Needs, Outcome};
use chaos_core::{Failure, InjectedFault, Scope, Site, TagTrust};
use chaos_net::ConnectionHandle;
use http::{Method, Request, Response, Version};

use super::{At, Begun, Follows, PollReply, Role};
use crate::answer::{self, Naming, Protocol};
use crate::body::{TreatableBody, TreatedBody, Treatment};
use crate::http_request::{HttpRequest, connection, decide};
use crate::http_response::HttpResponse;

/// The server's side of HTTP.
#[derive(Debug, Clone)]
pub struct Server(Arc<Shared>);

/// Behind one pointer: a router clones its services for each request.
#[derive(Debug, Clone)]
struct Shared {
    site: Site,
    trust: TagTrust,
    scopes: Scopes,
    naming: Naming,
}

/// Where the scope of a request is to be found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Scopes {
    /// In the task that polls the handler and its body.
    #[default]
    InTask,
    /// In the request's extensions, too.
    InExtensions,
}

impl Server {
    pub(crate) fn new(site: Site) -> Self {
        Self(Arc::new(Shared {
            site,
            trust: TagTrust::none(),
            scopes: Scopes::default(),
            naming: Naming::default(),
        }))
    }

    fn with(self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Arc::unwrap_or_clone(self.0);
        change(&mut shared);
        Self(Arc::new(shared))
    }

    /// Takes tags from requests; they then open a scope whatever runs.
    pub(crate) fn trusting(self, trust: TagTrust) -> Self {
        self.0.site.always_scoped();
        self.with(|shared| shared.trust = trust)
    }

    pub(crate) fn scope_in_extensions(self) -> Self {
        self.with(|shared| shared.scopes = Scopes::InExtensions)
    }

    pub(crate) fn name_experiment(self) -> Self {
        self.with(|shared| shared.naming = Naming::InHeader)
    }

    fn scope(&self, request: &impl HttpRequest) -> Scope {
        if let Some(scope) = request.extensions().and_then(|all| all.get::<Scope>()) {
            return scope.clone();
        }
        let scope =
            Scope::from_headers(&crate::headers::Received(request.headers()), &self.0.trust);
        if scope.is_fresh() {
            // Nothing names it; a layer outside of this one has made up a name already.
            return Scope::current().unwrap_or(scope);
        }
        scope
    }
}

/// What the server remembers of a request.
#[derive(Debug)]
#[doc(hidden)]
pub struct Origin {
    protocol: Protocol,
    method: Method,
    connection: Option<ConnectionHandle>,
}

impl At for Server {
    #[inline(always)]
    fn site(&self) -> &Site {
        &self.0.site
    }
}

impl<ReqBody, ResBody, Error> Role<Request<ReqBody>, Response<ResBody>, Error> for Server
where
    ResBody: TreatableBody,
{
    type Response = Response<ResBody::Outgoing>;
    type Origin = Origin;

    fn begin(&self, needs: Needs, request: &mut Request<ReqBody>) -> Begun<Origin> {
        let site = &self.0.site;
        let scope = self.scope(request);
        let observation = if needs.outcome() {
            scope.enter_blocking(|| site.observe())
        } else {
            None
        };
        let decision = if needs.decision() {
            decide(site, request, Some(&scope))
        } else {
            Decision::NONE
        };
        if self.0.scopes == Scopes::InExtensions {
            request.extensions_mut().insert(scope.clone());
        }
        Begun {
            origin: Origin {
                protocol: Protocol::of(request.headers()),
                method: request.method().clone(),
                // On later versions requests share the connection; there only their stream is reset.
                connection: (request.version() < Version::HTTP_2)
                    .then(|| connection(request))
                    .flatten(),
            },
            decision,
            observation,
            scope: Some(scope),
        }
    }

    #[inline(always)]
    fn untouched(response: Response<ResBody>) -> Self::Response {
        response.map(ResBody::untouched)
    }

    #[inline(always)]
    fn hand_on(reply: PollReply<Response<ResBody>, Error>) -> PollReply<Self::Response, Error> {
        ResBody::hand_on(reply)
    }

    fn treated(response: Response<ResBody>, needs: Needs, treatment: Treatment) -> Self::Response {
        HttpResponse::treated(response, needs, treatment)
    }

    fn follows(response: &Response<ResBody>) -> Follows {
        response.follows()
    }

    fn connection(origin: &Origin) -> Option<ConnectionHandle> {
        origin.connection.clone()
    }

    fn judge_head(response: &Response<ResBody>) -> Outcome {
        answer::outcome(response.status(), response.headers())
    }

    fn judge(response: &Self::Response) -> Outcome {
        answer::outcome(response.status(), response.headers())
    }

    fn answered(
        &self,
        origin: &Origin,
        needs: Needs,
        fault: InjectedFault,
    ) -> Result<Self::Response, Error> {
        let response = match fault.failure() {
            // Its body is what breaks a response off, and nobody reads that of a HEAD.
            Failure::Reset | Failure::Closed if origin.method != Method::HEAD => {
                let connection = origin.connection.clone();
                Response::new(TreatedBody::broken(needs, fault, connection))
            }
            _ => answer::answer(&fault, origin.protocol, self.0.naming)
                .map(|text| TreatedBody::answer(needs, text)),
        };
        Ok(response.map(ResBody::treated))
    }
}
