//! Any service, whose own error a fault becomes.

use std::sync::Arc;

use chaos_core::adapter::{Needs, Outcome};
use chaos_core::{InjectedFault, Operation, Site};

use super::{At, Begun, Follows, PollReply, Role};
use crate::body::Treatment;

/// Any service at all: a fault becomes an error of its own type.
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

impl<F> At for AnyService<F> {
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
    type Origin = ();

    fn begin(&self, _: Needs, _: &mut Request) -> Begun<()> {
        let site = &self.site;
        Begun {
            origin: (),
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
    fn hand_on(reply: PollReply<Response, Error>) -> PollReply<Response, Error> {
        reply
    }

    fn treated(response: Response, _: Needs, _: Treatment) -> Response {
        response
    }

    fn follows(_: &Response) -> Follows {
        Follows::Nothing
    }

    fn judge_head(_: &Response) -> Outcome {
        Outcome::Success
    }

    fn judge(_: &Response) -> Outcome {
        Outcome::Success
    }

    fn answered(&self, (): &(), _: Needs, fault: InjectedFault) -> Result<Response, Error> {
        Err((self.error)(fault))
    }
}
