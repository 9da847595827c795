//! The state machine of a call that a running experiment affects.
//!
//! ```text
//! ChaosService::call
//!   │
//!   └─► Call, within `CallPhases`: Before ── call ── After ──► response, with faults in its body
//!         │ fault
//!         ▼
//!       Role::replace
//!         ├─ Reply ────► injected response or error
//!         └─ Redirect ─► Redirect ── service ready ──► Redirected ─┬─ error ─────► the client's own error
//!                                                                  └─ response ──► injected response
//! ```

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::adapter::{CallPhases, Decision, Needs, Observation, Outcome, OutsideWork};
use chaos_core::scope::Scoped;
use chaos_core::{Failure, InjectedFault, Scope, Site};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::body::{BodyContext, BodyErrors, BodyKind, BodyOutcome};
use crate::failing_address::FailingAddress;
use crate::role::{Inspection, Replacement, Role};

pin_project! {
    /// A call that a running experiment affects, from its decision to its response.
    #[project = AffectedCallProjection]
    pub(crate) struct AffectedCall<S, Request, R>
    where
        S: Service<Request>,
        R: Role<Request, S::Response, S::Error>,
    {
        needs: Needs,
        role: R,
        info: R::RequestInfo,
        scope: Option<Scope>,
        decision: Decision,
        observation: Option<Observation>,
        // The call, while its service may work on the reply on another thread; only explorations note it.
        outside: Option<OutsideWork>,
        // Whether a fault breaks the response off, which is a failure regardless of the status.
        is_broken_off: bool,
        // The service that was polled ready, unless it was called already and no fault can redirect that call.
        service: Option<S>,
        // The time limits of the call, which it does not notice itself while a fault holds it.
        #[pin]
        limits: Option<Limits<S::Future>>,
        #[pin]
        state: State<Request, S::Future, Result<S::Response, S::Error>>,
    }
}

pin_project! {
    /// A call with the same time limits, to an address that never responds.
    struct Limits<Call> {
        #[pin]
        probe: Call,
        _address: FailingAddress,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<Request, Call, Reply> {
        // The call between its two phases. It begins with its first poll, or with `start`.
        Call {
            phases: CallPhases<Reply>,
            request: Option<Request>,
            #[pin]
            call: Option<Scoped<Call>>,
        },
        // The service is about to be called with a request to an address at which it fails.
        Redirect { target: Option<RedirectTarget<Request>> },
        Redirected {
            #[pin] call: Call,
            address: FailingAddress,
            fault: Option<InjectedFault>,
        },
    }
}

struct RedirectTarget<Request> {
    request: Request,
    fault: InjectedFault,
    address: FailingAddress,
}

impl<S, Request, R> AffectedCall<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    /// Prepares the call, and starts it at once if there is no fault to inject.
    pub(crate) fn start(
        needs: Needs,
        role: &R,
        service: &mut S,
        request: Request,
        inspection: Inspection<R::RequestInfo>,
    ) -> Pin<Box<Self>>
    where
        S: Clone,
    {
        let Inspection {
            info,
            decision,
            observation,
            scope,
        } = inspection;
        let boxed = |scope, decision, service, limits, state| {
            Box::pin(Self {
                needs,
                role: role.clone(),
                info,
                scope,
                decision,
                observation,
                outside: None,
                is_broken_off: false,
                service,
                limits,
                state,
            })
        };
        if decision.is_none() {
            let call = Scope::enter_optional(scope.as_ref(), || service.call(request));
            return boxed(scope, decision, None, None, State::call(None, Some(call)));
        }
        // The service that was polled ready is the one to call later; a clone takes its place.
        let fresh = service.clone();
        let mut ready = mem::replace(service, fresh);
        if !R::starts_clocks_when_called::<S::Future>() {
            let state = State::call(Some(request), None);
            return boxed(scope, decision, Some(ready), None, state);
        }
        // Its clocks run from now on, but nothing is sent before it is polled.
        let limits = role.limit_probe(&request).map(|(probe, address)| Limits {
            probe: ready.call(probe),
            _address: address,
        });
        let call = Scope::enter_optional(scope.as_ref(), || ready.call(request));
        let state = State::call(None, Some(call));
        boxed(scope, decision, Some(ready), limits, state)
    }
}

impl<Request, Call, Reply> State<Request, Call, Reply> {
    fn call(request: Option<Request>, call: Option<Scoped<Call>>) -> Self {
        Self::Call {
            phases: CallPhases::new(),
            request,
            call,
        }
    }
}

type OutputOf<S, Request, R> = Result<
    <R as Role<Request, <S as Service<Request>>::Response, <S as Service<Request>>::Error>>::Response,
    <S as Service<Request>>::Error,
>;

const FINISHED: &str = "a finished call is not polled again";
const KEPT: &str = "the service is kept while a decision may call it";

impl<S, Request, R> Future for AffectedCall<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    type Output = OutputOf<S, Request, R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut poll = this.poll_output(cx);
        if let Poll::Ready(output) = &mut poll {
            if let (Ok(response), Some(scope)) = (&mut *output, &*this.scope) {
                this.role.name_experiments(scope, response);
            }
            this.observe(output);
        }
        poll
    }
}

impl<S, Request, R> AffectedCallProjection<'_, S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    /// Moves from state to state until the output is ready, or until a state is pending.
    #[inline]
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<OutputOf<S, Request, R>> {
        loop {
            let next = match self.state.as_mut().project() {
                StateProjection::Call {
                    phases,
                    request,
                    mut call,
                } => {
                    let (service, scope) = (&mut *self.service, self.scope.as_ref());
                    let (outside, role) = (&mut *self.outside, &*self.role);
                    let reply = phases.poll(self.decision, cx, |cx| {
                        if outside.is_none() {
                            *outside = role.outside_of_runtime(Site::calls_outside);
                        }
                        if let Some(request) = request.take() {
                            let service = service.as_mut().expect(KEPT);
                            call.set(Some(Scope::enter_optional(scope, || service.call(request))));
                        }
                        let reply = call.as_mut().as_pin_mut().expect(FINISHED).poll(cx);
                        if reply.is_ready() {
                            // Dropped now, so that what the call holds is free while a fault delays the reply.
                            call.set(None);
                        }
                        if let Poll::Ready(reply) = &reply
                            && let Some(mut outside) = outside.take()
                            && reply.is_ok()
                        {
                            outside.answered();
                        }
                        reply
                    });
                    let reply = match reply {
                        Poll::Ready(reply) => reply,
                        Poll::Pending => return self.poll_limits(cx).map(Err),
                    };
                    match reply {
                        Ok(reply) => return Poll::Ready(self.forward(reply)),
                        Err(fault) => match self.replace(fault) {
                            Some(output) => return Poll::Ready(output),
                            None => continue,
                        },
                    }
                }
                StateProjection::Redirect { target } => {
                    let service = self.service.as_mut().expect(KEPT);
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        return Poll::Ready(Err(error));
                    }
                    let target = target.take().expect(FINISHED);
                    State::Redirected {
                        call: service.call(target.request),
                        address: target.address,
                        fault: Some(target.fault),
                    }
                }
                StateProjection::Redirected {
                    call,
                    address,
                    fault,
                } => {
                    if let Poll::Ready(Err(error)) = address.poll(cx) {
                        tracing::debug!(%error, "the address of a redirected call failed by itself");
                    }
                    return match ready!(call.poll(cx)) {
                        Err(error) => Poll::Ready(Err(R::original_error(self.info, error))),
                        // The inner service is not a network client, or sends its requests elsewhere.
                        Ok(_) => {
                            let fault = fault.take().expect(FINISHED);
                            Poll::Ready(self.role.reply(self.info, *self.needs, fault))
                        }
                    };
                }
            };
            self.state.set(next);
        }
    }

    /// Ready with the error of the call when a time limit passes.
    fn poll_limits(&mut self, cx: &mut Context<'_>) -> Poll<S::Error> {
        let Some(limits) = self.limits.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let probed = ready!(limits.project().probe.poll(cx));
        // Anything else but a limit, such as the response of a proxy, shows nothing.
        self.limits.set(None);
        let error = probed
            .err()
            .and_then(|error| R::limit_error(self.info, error));
        error.map_or(Poll::Pending, Poll::Ready)
    }

    /// Replaces the call or its reply with the response or error of the fault; `None` if the call is redirected.
    fn replace(&mut self, fault: InjectedFault) -> Option<OutputOf<S, Request, R>> {
        *self.is_broken_off = matches!(fault.failure(), Failure::Reset | Failure::Closed);
        match self.role.replace(self.info, *self.needs, fault) {
            Replacement::Reply(reply) => Some(reply),
            Replacement::Redirect {
                request,
                fault,
                address,
            } => {
                let target = Some(RedirectTarget {
                    request,
                    fault,
                    address,
                });
                self.state.set(State::Redirect { target });
                None
            }
        }
    }

    /// Forwards a reply; the faults of phase `During` affect its body.
    #[inline]
    fn forward(&mut self, reply: Result<S::Response, S::Error>) -> OutputOf<S, Request, R> {
        let response = reply?;
        let kind = R::body_kind(&response);
        let has_scope = kind == BodyKind::Streaming && self.scope.is_some();
        let outside = match kind {
            BodyKind::Streaming => self.role.outside_of_runtime(Site::may_work_outside),
            BodyKind::Empty | BodyKind::Buffered => None,
        };
        if kind == BodyKind::Empty
            || !has_scope
                && self.decision.is_none()
                && self.observation.is_none()
                && outside.is_none()
        {
            return Ok(R::untouched(response));
        }
        let context = BodyContext {
            flow: self.decision.flow(),
            // A buffered body runs no code of the request any more.
            scope: match kind {
                BodyKind::Streaming => self.scope.clone(),
                BodyKind::Empty | BodyKind::Buffered => None,
            },
            outcome: self.body_outcome(&response),
            outside,
            connection: R::connection(self.info),
            errors: BodyErrors::default(),
        };
        Ok(if context.is_empty() {
            R::untouched(response)
        } else {
            R::with_body_context(response, *self.needs, context)
        })
    }

    /// Leaves the outcome of a response to its body, unless its head is a failure already.
    fn body_outcome(&mut self, response: &S::Response) -> Option<BodyOutcome> {
        if self.observation.is_none() || R::head_outcome(response) == Outcome::Failure {
            return None;
        }
        let observation = self.take_observation()?;
        Some(BodyOutcome::success_so_far(observation))
    }

    /// Reports the outcome of the call, unless its body does.
    fn observe(&mut self, output: &OutputOf<S, Request, R>) {
        if let Some(observation) = self.take_observation() {
            observation.finish(match output {
                Ok(response) if !*self.is_broken_off => R::outcome(response),
                _ => Outcome::Failure,
            });
        }
    }

    fn take_observation(&mut self) -> Option<Observation> {
        let mut observation = self.observation.take()?;
        if self.decision.is_applied() {
            observation.treated();
        }
        Some(observation)
    }
}
