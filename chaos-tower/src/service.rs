//! The service that decides before it calls.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::adapter::{Armed, Decision, Needs};
use chaos_core::{Operation, Phase};
use tower_service::Service;

use crate::concerned::Concerned;
use crate::future::{Aside, ResponseFuture};
use crate::role::{At, Role, Server};

/// A service whose calls may be hit by faults.
pub struct ChaosService<S, R = Server> {
    inner: S,
    role: R,
    readiness: Option<Armed<Readiness>>,
}

/// What becomes of the next call before there is one.
#[derive(Debug)]
enum Readiness {
    /// It is held up, in front of the inner service: nothing of that is reserved meanwhile.
    Stalled(Decision),
    /// It may go on.
    Passed,
}

impl<S, R> ChaosService<S, R> {
    #[inline]
    pub(crate) fn new(inner: S, role: R) -> Self {
        Self {
            inner,
            role,
            readiness: None,
        }
    }
}

impl<S, R: At> ChaosService<S, R> {
    /// Waits as long as a fault wants the service not to be ready, once for each call.
    #[cold]
    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(needs) = self.role.site().needs().filter(|needs| needs.decision()) else {
            self.readiness = None;
            return Poll::Ready(());
        };
        let (site, readiness) = (self.role.site(), &mut self.readiness);
        let readiness = readiness.get_or_insert_with(|| {
            let operation = Operation::new("ready").only(Phase::NotReady);
            needs.arm(Readiness::Stalled(site.decide(&operation)))
        });
        if let Readiness::Stalled(decision) = readiness.get_mut() {
            // What may be applied here only delays.
            let _ = ready!(decision.poll_apply(Phase::NotReady, cx));
            *readiness.get_mut() = Readiness::Passed;
        }
        Poll::Ready(())
    }

    #[cold]
    #[inline(never)]
    fn call_aside<Request>(&mut self, request: Request) -> ResponseFuture<S, Request, R>
    where
        S: Service<Request> + Clone,
        R: Role<Request, S::Response, S::Error>,
    {
        match self.look_at(request) {
            Ok((needs, aside)) => ResponseFuture::concerned(needs, aside),
            Err(call) => ResponseFuture::straight(call),
        }
    }

    /// Looks at a request that something concerns, and calls at once if nothing is to be done to it but to be in a scope.
    ///
    /// What is needed is read again: kept from the first look, it would cost those that nothing concerns.
    #[cold]
    #[inline(never)]
    fn look_at<Request>(&mut self, mut request: Request) -> LookedAt<S, Request, R>
    where
        S: Service<Request> + Clone,
        R: Role<Request, S::Response, S::Error>,
    {
        let Some(needs) = self.role.site().needs() else {
            return Err(self.inner.call(request));
        };
        self.readiness = None;
        let begun = self.role.begin(needs, &mut request);
        let aside = if begun.decision.is_none() && begun.observation.is_none() {
            let Some(scope) = begun.scope else {
                return Err(self.inner.call(request));
            };
            // What the service does before its first await belongs to the request, too.
            let call = scope.enter_blocking(|| self.inner.call(request));
            let call = scope.enter(call);
            Aside::Entered(needs, scope, call)
        } else {
            // The one that was polled ready is the one to call, once whatever comes before it is over.
            let fresh = self.inner.clone();
            let ready = mem::replace(&mut self.inner, fresh);
            let role = self.role.clone();
            Aside::Treated(Concerned::new(needs, role, ready, request, begun))
        };
        Ok((needs, Box::pin(aside)))
    }
}

/// What is to be done to a request; `Err` is its call, if that is nothing.
type LookedAt<S, Request, R> =
    Result<(Needs, Pin<Box<Aside<S, Request, R>>>), <S as Service<Request>>::Future>;

impl<S, R, Request> Service<Request> for ChaosService<S, R>
where
    S: Service<Request> + Clone,
    R: Role<Request, S::Response, S::Error>,
{
    type Response = R::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Request, R>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        if self.role.site().needs().is_some() {
            ready!(self.poll_stall(cx));
        }
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request) -> Self::Future {
        if self.role.site().needs().is_none() {
            return ResponseFuture::straight(self.inner.call(request));
        }
        if const { size_of::<S::Future>() > SMALL } {
            return self.call_aside(request);
        }
        match self.look_at(request) {
            Ok((needs, aside)) => ResponseFuture::concerned(needs, aside),
            Err(call) => ResponseFuture::straight(call),
        }
    }
}

/// A future of up to this many bytes is rather passed on in registers than made where it is to be.
const SMALL: usize = 64;

impl<S: Clone, R: Clone> Clone for ChaosService<S, R> {
    #[inline]
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.role.clone())
    }
}

impl<S, R: At> fmt::Debug for ChaosService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosService")
            .field("site", self.role.site())
            .finish_non_exhaustive()
    }
}
