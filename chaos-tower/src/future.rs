//! The future of a response that may be hit by faults.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use chaos_core::Scope;
use chaos_core::adapter::{Armed, Needs};
use chaos_core::scope::Scoped;
use pin_project::pin_project;
use tower_service::Service;

use crate::body::Treatment;
use crate::concerned::Concerned;
use crate::role::{Follows, Role};

/// The response of a [`ChaosService`](crate::ChaosService).
#[pin_project]
#[must_use = "a response does nothing unless it is awaited"]
pub struct ResponseFuture<S, Request, R>(#[pin] Course<S, Request, R>)
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>;

#[pin_project(project = CourseProjection)]
enum Course<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    /// Nothing concerns this request.
    Straight(#[pin] S::Future),
    /// Something does. Boxed: room for it would make every future larger, and dearer to move, than the service's own.
    Concerned(Armed<Parcel<Aside<S, Request, R>>>),
}

/// What is done to a request that something concerns.
#[pin_project(project = AsideProjection)]
pub(crate) enum Aside<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    /// Nothing but to run it in its scope.
    Entered(Needs, Scope, #[pin] Scoped<S::Future>),
    /// A decision or an observation goes with it.
    Treated(#[pin] Concerned<S, Request, R>),
}

/// A box that is opened, and dropped, out of the way of those that have none.
struct Parcel<T>(Option<Pin<Box<T>>>);

impl<T: Future> Parcel<T> {
    #[inline(always)]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<T::Output> {
        match &mut self.0 {
            Some(content) => poll_aside(content.as_mut(), cx),
            None => unreachable!("it is emptied only when it is dropped"),
        }
    }
}

// What stays in registers costs nothing, so neither of these is given the address of the parcel.
#[cold]
#[inline(never)]
fn poll_aside<T: Future>(content: Pin<&mut T>, cx: &mut Context<'_>) -> Poll<T::Output> {
    content.poll(cx)
}

impl<T> Drop for Parcel<T> {
    #[inline(always)]
    fn drop(&mut self) {
        discard(self.0.take());
    }
}

#[cold]
#[inline(never)]
fn discard<T>(content: T) {
    drop(content);
}

impl<S, Request, R> ResponseFuture<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    #[inline(always)]
    pub(crate) fn straight(call: S::Future) -> Self {
        Self(Course::Straight(call))
    }

    #[inline(always)]
    pub(crate) fn concerned(needs: Needs, aside: Pin<Box<Aside<S, Request, R>>>) -> Self {
        Self(Course::Concerned(needs.arm(Parcel(Some(aside)))))
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
        match self.project().0.project() {
            CourseProjection::Straight(call) => R::hand_on(call.poll(cx)),
            CourseProjection::Concerned(concerned) => concerned.get_mut().poll(cx),
        }
    }
}

impl<S, Request, R> Future for Aside<S, Request, R>
where
    S: Service<Request>,
    R: Role<Request, S::Response, S::Error>,
{
    type Output = Result<R::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            AsideProjection::Treated(concerned) => concerned.poll(cx),
            AsideProjection::Entered(needs, scope, call) => call.poll(cx).map_ok(|response| {
                if R::follows(&response) == Follows::Stream {
                    R::treated(response, *needs, Treatment::within(scope.clone()))
                } else {
                    R::untouched(response)
                }
            }),
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
