//! The service that asks its site before each call.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use chaos_core::adapter::{Armed, Needs};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::affected_call::AffectedCall;
use crate::cold_box::ColdBox;
use crate::readiness::Readiness;
use crate::role::{HasSite, Role, Server};

/// A service whose calls faults can be injected into, made by a [`ChaosLayer`](crate::ChaosLayer).
pub struct ChaosService<S, R = Server> {
    inner: S,
    role: R,
    readiness: Readiness,
}

/// The largest future, in bytes, that is cheaper to move than to construct in place.
const SMALL: usize = 64;

impl<S, R> ChaosService<S, R> {
    #[inline]
    pub(crate) fn new(inner: S, role: R) -> Self {
        Self {
            inner,
            role,
            readiness: Readiness::default(),
        }
    }
}

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
            ready!(self.readiness.poll(self.role.site(), cx));
        }
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request) -> Self::Future {
        if self.role.site().needs().is_none() {
            return ResponseFuture::untouched(self.inner.call(request));
        }
        if const { size_of::<S::Future>() > SMALL } {
            return self.call_out_of_line(request);
        }
        match self.start(request) {
            Ok((needs, call)) => ResponseFuture::affected(needs, call),
            Err(call) => ResponseFuture::untouched(call),
        }
    }
}

/// A call that an experiment affects; `Err` is the plain call of one that turned out to be unaffected.
type Started<S, Request, R> =
    Result<(Needs, Pin<Box<AffectedCall<S, Request, R>>>), <S as Service<Request>>::Future>;

impl<S, R> ChaosService<S, R> {
    #[cold]
    #[inline(never)]
    fn call_out_of_line<Request>(&mut self, request: Request) -> ResponseFuture<S, Request, R>
    where
        S: Service<Request> + Clone,
        R: Role<Request, S::Response, S::Error>,
    {
        match self.start(request) {
            Ok((needs, call)) => ResponseFuture::affected(needs, call),
            Err(call) => ResponseFuture::untouched(call),
        }
    }

    /// Starts a call at a site that an experiment affects.
    ///
    /// The needs are read again: keeping them from the first read would cost unaffected calls a register.
    #[cold]
    #[inline(never)]
    fn start<Request>(&mut self, mut request: Request) -> Started<S, Request, R>
    where
        S: Service<Request> + Clone,
        R: Role<Request, S::Response, S::Error>,
    {
        let Some(needs) = self.role.site().needs() else {
            return Err(self.inner.call(request));
        };
        self.readiness.reset();
        let inspection = self.role.inspect(needs, &mut request);
        if inspection.is_unaffected() && !self.role.site().is_explored() {
            return Err(self.inner.call(request));
        }
        let call = AffectedCall::start(needs, &self.role, &mut self.inner, request, inspection);
        Ok((needs, call))
    }
}

impl<S: Clone, R: Clone> Clone for ChaosService<S, R> {
    #[inline]
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.role.clone())
    }
}

impl<S, R: HasSite> fmt::Debug for ChaosService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosService")
            .field("site", self.role.site())
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// The future of a response from a [`ChaosService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, Request, R>
    where
        S: Service<Request>,
        R: Role<Request, S::Response, S::Error>,
    {
        #[pin]
        state: State<S, Request, R>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, Request, R>
    where
        S: Service<Request>,
        R: Role<Request, S::Response, S::Error>,
    {
        // No experiment affects this call.
        Untouched { #[pin] call: S::Future },
        // Boxed: an unboxed call would make every future larger, and slower to move, than that of the inner service.
        Affected { call: Armed<ColdBox<AffectedCall<S, Request, R>>> },
    }
}

impl<S, Request, R> ResponseFuture<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    #[inline(always)]
    fn untouched(call: S::Future) -> Self {
        Self {
            state: State::Untouched { call },
        }
    }

    #[inline(always)]
    fn affected(needs: Needs, call: Pin<Box<AffectedCall<S, Request, R>>>) -> Self {
        Self {
            state: State::Affected {
                call: needs.arm(ColdBox::new(call)),
            },
        }
    }
}

impl<S, Request, R> Future for ResponseFuture<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    type Output = Result<R::Response, S::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Untouched { call } => R::untouched_poll(call.poll(cx)),
            StateProjection::Affected { call } => call.get_mut().poll(cx),
        }
    }
}

impl<S, Request, R> fmt::Debug for ResponseFuture<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
