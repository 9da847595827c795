//! The course of a request that something concerns.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::adapter::{Decision, Needs, Observation, Outcome};
use chaos_core::scope::Scoped;
use chaos_core::{Failure, InjectedFault, Phase, Scope};
use pin_project::pin_project;
use tower_service::Service;

use crate::body::{Observed, Treatment};
use crate::dead_end::DeadEnd;
use crate::role::{Begun, Follows, Instead, Role};

/// A request that something concerns, from its decision to its response.
#[pin_project(project = ConcernedProjection)]
pub(crate) struct Concerned<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    needs: Needs,
    role: R,
    origin: R::Origin,
    scope: Option<Scope>,
    decision: Decision,
    observation: Option<Observation>,
    /// Whether a fault broke the response off, whatever its head says.
    course: Course,
    service: S,
    #[pin]
    stage: Stage<Request, S::Future, Result<S::Response, S::Error>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Whole,
    BrokenOff,
}

#[pin_project(project = StageProjection)]
enum Stage<Request, Call, Reply> {
    Before(Option<Request>),
    Call(#[pin] Within<Call>),
    After(Option<Reply>),
    /// Another call is to be made, which really fails.
    Failing(Option<(Request, InjectedFault, DeadEnd)>),
    Failed(#[pin] Call, DeadEnd, Option<InjectedFault>),
}

/// A call in the scope of its request, or in whatever scope it is polled in.
#[pin_project(project = WithinProjection)]
enum Within<Call> {
    Scope(#[pin] Scoped<Call>),
    Task(#[pin] Call),
}

impl<S, Request, R> Concerned<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    pub(crate) fn new(
        needs: Needs,
        role: R,
        service: S,
        request: Request,
        begun: Begun<R::Origin>,
    ) -> Self {
        Self {
            needs,
            role,
            origin: begun.origin,
            scope: begun.scope,
            decision: begun.decision,
            observation: begun.observation,
            course: Course::Whole,
            service,
            stage: Stage::Before(Some(request)),
        }
    }
}

/// What comes of a step: the next one, or the end.
enum Step<Request, Call, Reply, Outgoing> {
    Next(Stage<Request, Call, Reply>),
    Done(Outgoing),
}

type StepOf<S, Request, R> = Step<
    Request,
    <S as Service<Request>>::Future,
    Result<<S as Service<Request>>::Response, <S as Service<Request>>::Error>,
    OutgoingOf<S, Request, R>,
>;

type OutgoingOf<S, Request, R> = Result<
    <R as Role<Request, <S as Service<Request>>::Response, <S as Service<Request>>::Error>>::Response,
    <S as Service<Request>>::Error,
>;

impl<S, Request, R> Future for Concerned<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    type Output = OutgoingOf<S, Request, R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match ready!(self.as_mut().step(cx)) {
                Step::Next(stage) => self.as_mut().project().stage.set(stage),
                Step::Done(outgoing) => {
                    self.project().observe(&outgoing);
                    return Poll::Ready(outgoing);
                }
            }
        }
    }
}

impl<S, Request, R> Concerned<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    fn step(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<StepOf<S, Request, R>> {
        let mut this = self.project();
        Poll::Ready(match this.stage.as_mut().project() {
            StageProjection::Before(request) => {
                match ready!(this.decision.poll_apply(Phase::Before, cx)) {
                    Err(fault) => this.instead(fault),
                    Ok(()) => {
                        let request = request.take().expect(FINISHED);
                        let service = &mut *this.service;
                        Step::Next(Stage::Call(match this.scope {
                            // What the service does before its first await belongs to the request, too.
                            Some(scope) => Within::Scope(
                                scope.enter(scope.enter_blocking(|| service.call(request))),
                            ),
                            None => Within::Task(service.call(request)),
                        }))
                    }
                }
            }
            StageProjection::Call(call) => {
                let reply = ready!(match call.project() {
                    WithinProjection::Scope(call) => call.poll(cx),
                    WithinProjection::Task(call) => call.poll(cx),
                });
                Step::Next(Stage::After(Some(reply)))
            }
            StageProjection::After(reply) => {
                match ready!(this.decision.poll_apply(Phase::After, cx)) {
                    Err(fault) => this.instead(fault),
                    Ok(()) => {
                        let reply = reply.take().expect(FINISHED);
                        Step::Done(reply.map(|response| this.hand_on(response)))
                    }
                }
            }
            StageProjection::Failing(failing) => {
                if let Err(error) = ready!(this.service.poll_ready(cx)) {
                    Step::Done(Err(error))
                } else {
                    let (request, fault, dead_end) = failing.take().expect(FINISHED);
                    let call = this.service.call(request);
                    Step::Next(Stage::Failed(call, dead_end, Some(fault)))
                }
            }
            StageProjection::Failed(call, dead_end, fault) => {
                if let Poll::Ready(Err(error)) = dead_end.poll(cx) {
                    tracing::debug!(%error, "an address that was to fail a call failed by itself");
                }
                match ready!(call.poll(cx)) {
                    Err(error) => Step::Done(Err(error)),
                    // Not a client of the network, or one that can't be fooled.
                    Ok(_) => {
                        let fault = fault.take().expect(FINISHED);
                        Step::Done(this.role.answered(this.origin, *this.needs, fault))
                    }
                }
            }
        })
    }
}

impl<S, Request, R> ConcernedProjection<'_, S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    fn instead(&mut self, fault: InjectedFault) -> StepOf<S, Request, R> {
        if matches!(fault.failure(), Failure::Reset | Failure::Closed) {
            *self.course = Course::BrokenOff;
        }
        match self.role.instead(self.origin, *self.needs, fault) {
            Instead::Reply(reply) => Step::Done(reply),
            Instead::Call(request, fault, dead_end) => {
                Step::Next(Stage::Failing(Some((request, fault, dead_end))))
            }
        }
    }

    /// Hands on a response, with all that may yet strike its bytes.
    fn hand_on(&mut self, response: S::Response) -> R::Response {
        let follows = R::follows(&response);
        if follows == Follows::Nothing {
            return R::untouched(response);
        }
        let scope = self.scope.as_ref();
        let treatment = Treatment {
            flow: self.decision.flow(),
            // A body at hand does nothing any more that could belong to a request.
            scope: scope.filter(|_| follows == Follows::Stream).cloned(),
            observation: self.observe_body(&response),
            connection: R::connection(self.origin),
        };
        if treatment.is_nothing() {
            R::untouched(response)
        } else {
            R::treated(response, *self.needs, treatment)
        }
    }

    /// Leaves it to the body to tell what comes of a response whose head is a success.
    fn observe_body(&mut self, response: &S::Response) -> Option<Observed> {
        if R::judge_head(response) == Outcome::Failure {
            return None;
        }
        let mut observation = self.observation.take()?;
        if self.decision.is_applied() {
            observation.treated();
        }
        Some(Observed::success_so_far(observation))
    }

    /// Tells what came of the request, unless its body is to do so.
    fn observe(self, outgoing: &OutgoingOf<S, Request, R>) {
        if let Some(mut observation) = self.observation.take() {
            if self.decision.is_applied() {
                observation.treated();
            }
            observation.finish(match outgoing {
                Ok(response) if *self.course == Course::Whole => R::judge(response),
                _ => Outcome::Failure,
            });
        }
    }
}

const FINISHED: &str = "a finished response is not polled again";
