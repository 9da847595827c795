//! The role of an HTTP server: opens the scope of a request, responds in place of the handler.

use std::sync::Arc;
use std::task::Poll;

use chaos_core::adapter::{Decision, Needs, Outcome};
use chaos_core::{Failure, InjectedFault, Scope, Site, TagTrust};
use chaos_net::ConnectionHandle;
use http::{Method, Request, Response, Version};

use super::contract::{HasSite, Inspection, Role};
use crate::body::{BodyContext, BodyKind, FaultyBody, InjectableBody};
use crate::error_response::{self, Protocol};
use crate::experiment_header::{self, ExperimentHeader};
use crate::http_request::{connection, decide, scope_of};
use crate::http_response::HttpResponse;
use crate::second_layer;

/// The role of an HTTP server.
#[derive(Debug, Clone)]
pub struct Server(Arc<Settings>);

/// Behind one pointer, because a router clones its services for each request.
#[derive(Debug, Clone)]
struct Settings {
    site: Site,
    trust: TagTrust,
    scopes: ScopeStorage,
    experiment_header: ExperimentHeader,
}

/// Where handlers find the scope of their request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum ScopeStorage {
    /// In the task that polls the handler and its body.
    #[default]
    Task,
    /// In the extensions of the request, too.
    TaskAndExtensions,
}

impl Server {
    #[inline]
    pub(crate) fn new(site: Site) -> Self {
        Self(Arc::new(Settings {
            site,
            trust: TagTrust::none(),
            scopes: ScopeStorage::default(),
            experiment_header: ExperimentHeader::default(),
        }))
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Arc::unwrap_or_clone(self.0);
        change(&mut settings);
        Self(Arc::new(settings))
    }

    /// Accepts tags from requests, which from now on always open a scope.
    pub(crate) fn trusting(self, trust: TagTrust) -> Self {
        self.0.site.always_scoped();
        self.with(|settings| settings.trust = trust)
    }

    pub(crate) fn scope_in_extensions(self) -> Self {
        self.with(|settings| settings.scopes = ScopeStorage::TaskAndExtensions)
    }

    pub(crate) fn name_experiment(self) -> Self {
        self.with(|settings| settings.experiment_header = ExperimentHeader::Included)
    }
}

/// What the server remembers about a request.
#[derive(Debug)]
#[doc(hidden)]
pub struct ServerRequestInfo {
    protocol: Protocol,
    method: Method,
    connection: Option<ConnectionHandle>,
}

impl HasSite for Server {
    #[inline(always)]
    fn site(&self) -> &Site {
        &self.0.site
    }
}

impl<ReqBody, ResBody, Error> Role<Request<ReqBody>, Response<ResBody>, Error> for Server
where
    ResBody: InjectableBody,
{
    type Response = Response<ResBody::Outgoing>;
    type RequestInfo = ServerRequestInfo;

    fn inspect(
        &self,
        needs: Needs,
        request: &mut Request<ReqBody>,
    ) -> Inspection<ServerRequestInfo> {
        let site = &self.0.site;
        let scope = scope_of(request, &self.0.trust);
        let observation = if needs.outcome() {
            scope.enter_blocking(|| site.observe())
        } else {
            None
        };
        let decision = if needs.decision() {
            second_layer::detect(site, request.extensions_mut());
            decide(site, request, Some(&scope))
        } else {
            Decision::NONE
        };
        if self.0.scopes == ScopeStorage::TaskAndExtensions {
            request.extensions_mut().insert(scope.clone());
        }
        Inspection {
            info: ServerRequestInfo {
                protocol: Protocol::of(request.headers()),
                method: request.method().clone(),
                // Later versions share a connection between requests; there only the stream of a request is reset.
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
    fn untouched_poll(
        reply: Poll<Result<Response<ResBody>, Error>>,
    ) -> Poll<Result<Self::Response, Error>> {
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

    fn connection(info: &ServerRequestInfo) -> Option<ConnectionHandle> {
        info.connection.clone()
    }

    fn head_outcome(response: &Response<ResBody>) -> Outcome {
        error_response::outcome(response.status(), response.headers())
    }

    fn outcome(response: &Self::Response) -> Outcome {
        error_response::outcome(response.status(), response.headers())
    }

    fn name_experiments(&self, scope: &Scope, response: &mut Self::Response) {
        if self.0.experiment_header == ExperimentHeader::Included && scope.was_touched() {
            let touched = scope.touched();
            let names = touched.iter().map(|touch| &*touch.experiment);
            let headers = response.headers_mut();
            headers.insert(experiment_header::NAME, experiment_header::value(names));
        }
    }

    fn reply(
        &self,
        info: &ServerRequestInfo,
        needs: Needs,
        fault: InjectedFault,
    ) -> Result<Self::Response, Error> {
        let response = match fault.failure() {
            // The body breaks the response off; that of a HEAD request is never read.
            Failure::Reset | Failure::Closed if info.method != Method::HEAD => {
                let connection = info.connection.clone();
                Response::new(FaultyBody::breaking(needs, fault, connection))
            }
            _ => error_response::for_fault(&fault, info.protocol)
                .map(|text| FaultyBody::text(needs, text)),
        };
        Ok(response.map(ResBody::faulty))
    }
}
