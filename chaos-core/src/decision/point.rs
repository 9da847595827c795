//! Faults in your own code.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{CallPhases, Decision, InjectedFault};
use crate::compiled::Armed;
use crate::delay::block_on;
use crate::outcome::Outcome;
use crate::site::Observation;
use crate::{Operation, Phase, Site};

impl Site {
    /// A point in your code where a fault may strike: it waits, then may fail.
    ///
    /// The decision is made at the call, not at the first poll. Before a point and after it are the same moment, so
    /// faults of both phases strike here.
    ///
    /// ```
    /// # use chaos_core::ChaosManager;
    /// # async fn reserve() -> Result<(), Box<dyn std::error::Error>> {
    /// let chaos = ChaosManager::new();
    /// let pms = chaos.site("pms"); // once
    /// pms.point("reserve").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn point<'a>(&self, operation: impl Into<Operation<'a>>) -> Point {
        Point(self.decide(&operation.into()))
    }

    /// Runs a call with the faults of this site injected, for error types that an [`InjectedFault`] converts into.
    ///
    /// These are `std::io::Error`, boxed errors, `anyhow::Error`, and your own types with an `impl From<InjectedFault>`.
    /// For any other type, use [`around_with`](Self::around_with). Faults of phase `After` let the call do its work and
    /// lose its reply.
    #[inline]
    pub fn around<'a, F, T, E>(
        &self,
        operation: impl Into<Operation<'a>>,
        call: F,
    ) -> Around<F, fn(InjectedFault) -> E>
    where
        F: Future<Output = Result<T, E>>,
        E: From<InjectedFault>,
    {
        self.around_with(operation, call, E::from)
    }

    /// Runs a call with the faults of this site injected, turning an [`InjectedFault`] into the call's own error.
    ///
    /// ```
    /// # use chaos_core::{ChaosManager, InjectedFault};
    /// #[derive(Debug)]
    /// enum Error {
    ///     Pms(InjectedFault),
    /// }
    /// # async fn call_pms() -> Result<u32, Error> { Ok(7) }
    /// # async fn reserve() -> Result<(), Error> {
    /// let pms = ChaosManager::new().site("pms");
    /// let reply = pms.around_with("reserve", call_pms(), Error::Pms).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn around_with<'a, F, T, E, M>(
        &self,
        operation: impl Into<Operation<'a>>,
        call: F,
        error: M,
    ) -> Around<F, M>
    where
        F: Future<Output = Result<T, E>>,
        M: FnOnce(InjectedFault) -> E,
    {
        let affected = self.needs().map(|needs| {
            needs.arm(Affected {
                decision: self.decide(&operation.into()),
                observation: self.observe(),
                error,
                phases: CallPhases::new(),
            })
        });
        Around { call, affected }
    }

    /// Like [`point`](Self::point), for plain threads: it blocks the thread while the fault lasts, in real time.
    ///
    /// # Errors
    ///
    /// The fault that was injected.
    pub fn point_blocking<'a>(
        &self,
        operation: impl Into<Operation<'a>>,
    ) -> Result<(), InjectedFault> {
        block_on(self.point(operation))
    }

    /// Like [`around`](Self::around), for plain threads.
    ///
    /// # Errors
    ///
    /// The call's own error, or the fault that was injected in its place.
    pub fn around_blocking<'a, T, E: From<InjectedFault>>(
        &self,
        operation: impl Into<Operation<'a>>,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.around_blocking_with(operation, call, E::from)
    }

    /// Like [`around_with`](Self::around_with), for plain threads.
    ///
    /// # Errors
    ///
    /// The call's own error, or the fault that was injected in its place, converted by `error`.
    pub fn around_blocking_with<'a, T, E>(
        &self,
        operation: impl Into<Operation<'a>>,
        call: impl FnOnce() -> Result<T, E>,
        error: impl FnOnce(InjectedFault) -> E,
    ) -> Result<T, E> {
        // The call runs within one poll, so the thread blocks in it as it would without injection.
        let mut call = Some(call);
        let call = std::future::poll_fn(move |_| match call.take() {
            Some(call) => Poll::Ready(call()),
            None => unreachable!("a finished call is not polled again"),
        });
        block_on(self.around_with(operation, call, error))
    }
}

/// The future of [`Site::point`].
#[derive(Debug)]
#[must_use = "a point does nothing unless it is awaited"]
pub struct Point(Decision);

impl Future for Point {
    type Output = Result<(), InjectedFault>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(self.0.poll_apply(Phase::Before, cx))?;
        self.0.poll_apply(Phase::After, cx)
    }
}

pin_project! {
    /// The future of [`Site::around`] and [`Site::around_with`].
    #[must_use = "a call does nothing unless it is awaited"]
    pub struct Around<F: Future, M> {
        #[pin]
        call: F,
        affected: Option<Armed<Affected<F::Output, M>>>,
    }
}

/// The state of a call at a site that something concerns.
struct Affected<Reply, M> {
    decision: Decision,
    observation: Option<Observation>,
    error: M,
    phases: CallPhases<Reply>,
}

impl<F, M, T, E> Future for Around<F, M>
where
    F: Future<Output = Result<T, E>>,
    M: FnOnce(InjectedFault) -> E,
{
    type Output = Result<T, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(affected) = this.affected else {
            return this.call.poll(cx);
        };
        let Affected {
            decision, phases, ..
        } = affected.get_mut();
        let reply = ready!(phases.poll(decision, cx, |cx| this.call.as_mut().poll(cx)));
        match this.affected.take() {
            Some(affected) => Poll::Ready(affected.into_inner().finish(reply)),
            None => unreachable!("it was there a moment ago"),
        }
    }
}

impl<T, E, M: FnOnce(InjectedFault) -> E> Affected<Result<T, E>, M> {
    /// Reports the outcome, and converts a fault into the caller's error.
    fn finish(self, reply: Result<Result<T, E>, InjectedFault>) -> Result<T, E> {
        let reply = reply.unwrap_or_else(|fault| Err((self.error)(fault)));
        if let Some(mut observation) = self.observation {
            if self.decision.is_applied() {
                observation.treated();
            }
            observation.finish(match reply {
                Ok(_) => Outcome::Success,
                Err(_) => Outcome::Failure,
            });
        }
        reply
    }
}

impl<F: Future, M> std::fmt::Debug for Around<F, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Around").finish_non_exhaustive()
    }
}
