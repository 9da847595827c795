//! The role of any service: a fault becomes an error of the service's own type.

use std::sync::Arc;
use std::task::Poll;

use chaos_core::adapter::{Needs, Outcome};
use chaos_core::{InjectedFault, Operation, Site};

use super::contract::{HasSite, Inspection, Role};
use crate::body::{BodyContext, BodyKind};

/// The role of any service: a fault becomes an error of the service's own type.
#[derive(Debug, Clone)]
pub struct AnyService<F> {
    site: Site,
    error: F,
    operation: Option<Arc<str>>,
}

impl<F> AnyService<F> {
    pub(crate) fn new(site: Site, error: F) -> Self {
        Self {
            site,
            error,
            operation: None,
        }
    }

    pub(crate) fn operation(self, name: &str) -> Self {
        Self {
            operation: Some(name.into()),
            ..self
        }
    }
}

impl<F> HasSite for AnyService<F> {
    #[inline(always)]
    fn site(&self) -> &Site {
        &self.site
    }
}

impl<F, Request, Response, Error> Role<Request, Response, Error> for AnyService<F>
where
    F: Fn(InjectedFault) -> Error + Clone,
{
    type Response = Response;
    type RequestInfo = ();

    fn inspect(&self, _: Needs, _: &mut Request) -> Inspection<()> {
        let site = &self.site;
        Inspection {
            info: (),
            decision: site.decide(&Operation::new(self.operation.as_deref().unwrap_or("call"))),
            observation: site.observe(),
            scope: None,
        }
    }

    #[inline(always)]
    fn untouched(response: Response) -> Response {
        response
    }

    #[inline(always)]
    fn untouched_poll(reply: Poll<Result<Response, Error>>) -> Poll<Result<Response, Error>> {
        reply
    }

    fn with_body_context(response: Response, _: Needs, _: BodyContext) -> Response {
        response
    }

    fn body_kind(_: &Response) -> BodyKind {
        BodyKind::Empty
    }

    fn head_outcome(_: &Response) -> Outcome {
        Outcome::Success
    }

    fn outcome(_: &Response) -> Outcome {
        Outcome::Success
    }

    fn reply(&self, (): &(), _: Needs, fault: InjectedFault) -> Result<Response, Error> {
        Err((self.error)(fault))
    }
}
