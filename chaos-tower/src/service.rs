//! The service that decides before it calls.

use std::mem;
use std::task::{Context, Poll};

use chaos_core::{Decision, Operation, Scope, Site, TagTrust};
use http::{Request, Response};
use tower_service::Service;

use crate::ResponseFuture;
use crate::headers::RequestHeaders;

/// A service whose requests may be hit by faults.
#[derive(Debug, Clone)]
pub struct ChaosService<S> {
    inner: S,
    site: Site,
}

impl<S> ChaosService<S> {
    pub(crate) fn new(inner: S, site: Site) -> Self {
        Self { inner, site }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ChaosService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ResBody: From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Request<ReqBody>>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let Some(needs) = self.site.needs() else {
            return ResponseFuture::straight(self.inner.call(request));
        };
        let scope = Scope::from_headers(&RequestHeaders(request.headers()), &TagTrust::none());
        let observation = scope.enter_blocking(|| self.site.observe());
        let decision = if needs.decision() {
            let name = format!("{} {}", request.method(), request.uri().path());
            self.site.decide(&Operation::new(&name).within(&scope))
        } else {
            Decision::NONE
        };
        // The one that was polled ready is the one to call, once whatever comes before it is over.
        let fresh = self.inner.clone();
        let ready = mem::replace(&mut self.inner, fresh);
        ResponseFuture::concerned(needs, ready, request, scope, decision, observation)
    }
}
