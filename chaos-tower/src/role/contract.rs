//! The contract of a role: how it reads a request, and what an injected fault looks like to the caller.

use std::task::Poll;

use chaos_core::adapter::{Decision, Needs, Observation, Outcome, OutsideWork};
use chaos_core::{InjectedFault, Scope, Site, SiteKind};
use chaos_net::ConnectionHandle;

use crate::body::{BodyContext, BodyKind};
use crate::failing_address::FailingAddress;

/// The role of a wrapped service, which determines what an injected fault looks like to the caller.
///
/// Sealed: implemented for [`Server`](crate::Server), [`Client`](crate::Client) and
/// [`AnyService`](crate::AnyService) only.
pub trait Role<Request, Response, Error>: HasSite + Clone {
    /// The response that callers of the layer receive.
    type Response;

    /// What the role remembers about a request until its response.
    #[doc(hidden)]
    type RequestInfo;

    /// Reads a request at a site that an experiment affects, and decides on it.
    #[doc(hidden)]
    fn inspect(&self, needs: Needs, request: &mut Request) -> Inspection<Self::RequestInfo>;

    /// Converts a response that no experiment affects.
    #[doc(hidden)]
    fn untouched(response: Response) -> Self::Response;

    /// Converts the result of polling a call that no experiment affects.
    #[doc(hidden)]
    fn untouched_poll(reply: Poll<Result<Response, Error>>) -> Poll<Result<Self::Response, Error>>;

    /// Converts a response whose body has a context.
    #[doc(hidden)]
    fn with_body_context(response: Response, needs: Needs, context: BodyContext) -> Self::Response;

    /// Returns the kind of body that follows the head of a response.
    #[doc(hidden)]
    fn body_kind(response: &Response) -> BodyKind;

    /// Returns the connection that a response is sent on, if it is known and carries no other request.
    #[doc(hidden)]
    fn connection(_: &Self::RequestInfo) -> Option<ConnectionHandle> {
        None
    }

    /// Returns how conditions count the head of a response.
    #[doc(hidden)]
    fn head_outcome(response: &Response) -> Outcome;

    /// Returns how conditions count the head of a converted response.
    #[doc(hidden)]
    fn outcome(response: &Self::Response) -> Outcome;

    /// Names the experiments that struck a request in its response, if that is asked for.
    #[doc(hidden)]
    fn name_experiments(&self, _scope: &Scope, _response: &mut Self::Response) {}

    /// Returns whether calls have time limits that start when they are created, before anything is sent.
    #[doc(hidden)]
    fn starts_clocks_when_called<Call>() -> bool {
        false
    }

    /// Returns a request that runs into the time limits of this one, and the silent address that it is for.
    #[doc(hidden)]
    fn limit_probe(&self, _: &Request) -> Option<(Request, FailingAddress)> {
        None
    }

    /// Returns the error of a probe as that of the original call; `None` if it is not that of a limit.
    #[doc(hidden)]
    fn limit_error(_: &Self::RequestInfo, _: Error) -> Option<Error> {
        None
    }

    /// Returns the error of a redirected call as that of the original one.
    #[doc(hidden)]
    fn original_error(_: &Self::RequestInfo, error: Error) -> Error {
        error
    }

    /// Returns what replaces a call or its reply.
    #[doc(hidden)]
    fn replace(
        &self,
        info: &Self::RequestInfo,
        needs: Needs,
        fault: InjectedFault,
    ) -> Replacement<Request, Self::Response, Error> {
        Replacement::Reply(self.reply(info, needs, fault))
    }

    /// Returns the reply that represents a fault.
    #[doc(hidden)]
    fn reply(
        &self,
        info: &Self::RequestInfo,
        needs: Needs,
        fault: InjectedFault,
    ) -> Result<Self::Response, Error>;
}

/// A request at a site that an experiment affects, as its role sees it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Inspection<RequestInfo> {
    pub(crate) info: RequestInfo,
    pub(crate) decision: Decision,
    pub(crate) observation: Option<Observation>,
    /// The scope that the request opens here.
    pub(crate) scope: Option<Scope>,
}

impl<RequestInfo> Inspection<RequestInfo> {
    /// True when the request needs neither a decision, nor an observation, nor a scope.
    pub(crate) fn is_unaffected(&self) -> bool {
        self.decision.is_none() && self.observation.is_none() && self.scope.is_none()
    }
}

/// The replacement for a call or its reply.
#[doc(hidden)]
#[derive(Debug)]
pub enum Replacement<Request, Response, Error> {
    /// This response or error.
    Reply(Result<Response, Error>),
    /// The real error of a call that is redirected to a failing address in this process.
    Redirect {
        request: Request,
        fault: InjectedFault,
        address: FailingAddress,
    },
}

/// A role with a site to ask. It is private, so no other crate can implement [`Role`].
pub trait HasSite {
    /// Returns the site.
    fn site(&self) -> &Site;

    /// Notes work of the called service, unless that runs in this runtime as the handler of a server does.
    #[doc(hidden)]
    #[inline]
    fn outside_of_runtime(
        &self,
        note: impl FnOnce(&Site) -> Option<OutsideWork>,
    ) -> Option<OutsideWork> {
        let site = self.site();
        (site.is_explored() && site.kind() != SiteKind::Server)
            .then(|| note(site))
            .flatten()
    }
}
