//! What a layer stands in front of: a server's handler, a client, any other service.

mod client;
mod server;
mod service;

use std::task::Poll;

use chaos_core::adapter::{Decision, Needs, Observation, Outcome};
use chaos_core::{InjectedFault, Scope, Site};

pub use client::Client;
pub use server::Server;
pub use service::AnyService;

use crate::body::Treatment;
use crate::dead_end::DeadEnd;
use chaos_net::ConnectionHandle;

/// What a layer stands in front of, and what faults look like there.
///
/// Implemented for [`Server`], [`Client`] and [`AnyService`], and for nothing else.
pub trait Role<Request, Response, Error>: At + Clone {
    /// What callers of the layer get.
    type Response;

    /// What the role remembers of a request.
    #[doc(hidden)]
    type Origin;

    /// Looks at a request that something concerns.
    #[doc(hidden)]
    fn begin(&self, needs: Needs, request: &mut Request) -> Begun<Self::Origin>;

    /// Hands on a response that nothing concerns.
    #[doc(hidden)]
    fn untouched(response: Response) -> Self::Response;

    /// Hands on what came of a poll that nothing concerns.
    #[doc(hidden)]
    fn hand_on(reply: PollReply<Response, Error>) -> PollReply<Self::Response, Error>;

    /// Hands on a response whose bytes faults may strike.
    #[doc(hidden)]
    fn treated(response: Response, needs: Needs, treatment: Treatment) -> Self::Response;

    /// What follows the head of a response.
    #[doc(hidden)]
    fn follows(response: &Response) -> Follows;

    /// The connection that a response goes out on, if it is known and carries nothing else.
    #[doc(hidden)]
    fn connection(_: &Self::Origin) -> Option<ConnectionHandle> {
        None
    }

    /// What a condition says of the head of a response.
    #[doc(hidden)]
    fn judge_head(response: &Response) -> Outcome;

    /// What a condition says of the head of a response that is handed on.
    #[doc(hidden)]
    fn judge(response: &Self::Response) -> Outcome;

    /// What the caller gets in place of the call or its reply.
    #[doc(hidden)]
    fn instead(
        &self,
        origin: &Self::Origin,
        needs: Needs,
        fault: InjectedFault,
    ) -> Instead<Request, Self::Response, Error> {
        Instead::Reply(self.answered(origin, needs, fault))
    }

    /// What the caller gets where a call that was bound to fail did not.
    #[doc(hidden)]
    fn answered(
        &self,
        origin: &Self::Origin,
        needs: Needs,
        fault: InjectedFault,
    ) -> Result<Self::Response, Error>;
}

/// What follows the head of a response.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// Nothing.
    Nothing,
    /// Bytes that are there already.
    BytesAtHand,
    /// Bytes that are made as they are asked for.
    Stream,
}

/// What comes of a poll of a call.
pub(crate) type PollReply<Response, Error> = Poll<Result<Response, Error>>;

/// A request that something concerns, as its role sees it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Begun<Origin> {
    pub(crate) origin: Origin,
    pub(crate) decision: Decision,
    pub(crate) observation: Option<Observation>,
    /// The scope that the request opens here.
    pub(crate) scope: Option<Scope>,
}

/// What takes the place of a call or its reply.
#[doc(hidden)]
#[derive(Debug)]
pub enum Instead<Request, Response, Error> {
    /// This answer or error.
    Reply(Result<Response, Error>),
    /// The real error of another call, which is bound to fail at an address of ours.
    Call(Request, InjectedFault, DeadEnd),
}

/// Where a role asks; it is private, so nobody else has a role to play.
pub trait At {
    /// The site that it asks.
    fn site(&self) -> &Site;
}
