//! The future of a response that may be hit by faults.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::{Armed, Decision, Needs, Observation, Outcome, Phase, Scope, Scoped};
use http::Response;
use pin_project::pin_project;
use tower_service::Service;

use crate::answer::answer;

/// The response of a [`ChaosService`](crate::ChaosService).
#[pin_project]
#[must_use = "a response does nothing unless it is awaited"]
pub struct ResponseFuture<S: Service<Request>, Request>(#[pin] Course<S, Request>);

#[pin_project(project = CourseProjection)]
enum Course<S: Service<Request>, Request> {
    /// Nothing concerns this request.
    Straight(#[pin] S::Future),
    /// A scope, a decision or an observation goes with it.
    Concerned(#[pin] Armed<Concerned<S, Request>>),
}

#[pin_project]
struct Concerned<S: Service<Request>, Request> {
    scope: Scope,
    decision: Decision,
    observation: Option<Observation>,
    #[pin]
    stage: Stage<S, Request>,
}

#[pin_project(project = StageProjection)]
enum Stage<S: Service<Request>, Request> {
    Before(Option<(S, Request)>),
    Call(#[pin] Scoped<S::Future>),
    After(Option<Result<S::Response, S::Error>>),
}

impl<S: Service<Request>, Request> ResponseFuture<S, Request> {
    #[inline]
    pub(crate) fn straight(call: S::Future) -> Self {
        Self(Course::Straight(call))
    }

    pub(crate) fn concerned(
        needs: Needs,
        service: S,
        request: Request,
        scope: Scope,
        decision: Decision,
        observation: Option<Observation>,
    ) -> Self {
        Self(Course::Concerned(needs.arm(Concerned {
            scope,
            decision,
            observation,
            stage: Stage::Before(Some((service, request))),
        })))
    }
}

impl<S, Request, Body> Future for ResponseFuture<S, Request>
where
    S: Service<Request, Response = Response<Body>>,
    Body: From<String>,
{
    type Output = Result<S::Response, S::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().0.project() {
            CourseProjection::Straight(call) => call.poll(cx),
            CourseProjection::Concerned(concerned) => concerned.as_pin_mut().poll(cx),
        }
    }
}

impl<S, Request, Body> Future for Concerned<S, Request>
where
    S: Service<Request, Response = Response<Body>>,
    Body: From<String>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let reply = loop {
            match this.stage.as_mut().project() {
                StageProjection::Before(call) => {
                    if let Err(fault) = ready!(this.decision.poll_apply(Phase::Before, cx)) {
                        break Ok(answer(&fault));
                    }
                    let (mut service, request) = call.take().expect(FINISHED);
                    // What the service does before its first await belongs to the request, too.
                    let call = this.scope.enter_blocking(|| service.call(request));
                    this.stage.set(Stage::Call(this.scope.enter(call)));
                }
                StageProjection::Call(call) => {
                    let reply = ready!(call.poll(cx));
                    this.stage.set(Stage::After(Some(reply)));
                }
                StageProjection::After(reply) => {
                    if let Err(fault) = ready!(this.decision.poll_apply(Phase::After, cx)) {
                        break Ok(answer(&fault));
                    }
                    break reply.take().expect(FINISHED);
                }
            }
        };
        if let Some(mut observation) = this.observation.take() {
            if this.decision.is_applied() {
                observation.treated();
            }
            observation.finish(match &reply {
                Ok(response) if !response.status().is_server_error() => Outcome::Success,
                _ => Outcome::Failure,
            });
        }
        Poll::Ready(reply)
    }
}

const FINISHED: &str = "a finished response is not polled again";

impl<S: Service<Request>, Request> fmt::Debug for ResponseFuture<S, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
