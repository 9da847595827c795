//! A call between its two phases.
//!
//! ```text
//! Before ── delay over ──▶ Call ── reply ──▶ After ── delay over ──▶ reply
//!   └──────────── fault ─────────────────────┴──▶ injected fault
//! ```

use std::pin::pin;
use std::task::{Context, Poll, ready};

use super::{Decision, InjectedFault};
use crate::Phase;

/// A call between its two phases: faults before it, the call itself, faults after it.
#[derive(Debug)]
pub struct CallPhases<Reply>(State<Reply>);

#[derive(Debug)]
enum State<Reply> {
    Before,
    Call,
    After(Option<Reply>),
}

impl<Reply> CallPhases<Reply> {
    /// A call that has not begun.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self(State::Before)
    }

    /// Applies the faults of a decision around `call`, which is polled until it returns a reply.
    ///
    /// # Panics
    ///
    /// When it is polled after it was ready, or when an experiment injects a panic.
    #[inline]
    pub fn poll(
        &mut self,
        decision: &mut Decision,
        cx: &mut Context<'_>,
        mut call: impl FnMut(&mut Context<'_>) -> Poll<Reply>,
    ) -> Poll<Result<Reply, InjectedFault>> {
        loop {
            match &mut self.0 {
                State::Before => {
                    if let Err(fault) = ready!(decision.poll_apply(Phase::Before, cx)) {
                        return Poll::Ready(Err(fault));
                    }
                    self.0 = State::Call;
                }
                State::Call => self.0 = State::After(Some(ready!(call(cx)))),
                State::After(reply) => {
                    let lost = ready!(decision.poll_apply(Phase::After, cx));
                    let reply = reply.take().expect("a finished call is not polled again");
                    return Poll::Ready(lost.map(|()| reply));
                }
            }
        }
    }
}

impl<Reply> Default for CallPhases<Reply> {
    fn default() -> Self {
        Self::new()
    }
}

impl Decision {
    /// Applies the faults before and after a call; `Err` is the fault that replaces the call or its reply.
    ///
    /// ```
    /// # use chaos_core::{BlastRadius, ChaosManager, Experiment, Failure, Fault, Operation, Phase};
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let chaos = ChaosManager::new();
    /// # let site = chaos.site("pms");
    /// let mut decision = site.decide(&Operation::new("reserve"));
    /// assert_eq!(decision.around(async { 101 }).await.unwrap(), 101);
    ///
    /// let lost = Experiment::new("lost").fault(Fault::error(Failure::Reset)).phase(Phase::After);
    /// let _lost = chaos.start(lost.blast_radius(BlastRadius::points_at("pms")))?;
    /// let mut decision = site.decide(&Operation::new("reserve"));
    /// let mut reserved = false;
    /// let fault = decision.around(async { reserved = true }).await.unwrap_err();
    /// assert_eq!(fault.failure(), &Failure::Reset);
    /// assert!(reserved); // the work was done, its reply is lost
    /// # Ok::<(), chaos_core::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The fault that the caller gets in place of the reply.
    ///
    /// # Panics
    ///
    /// When an experiment injects [`Fault::Panic`](crate::Fault::Panic).
    pub async fn around<Reply>(
        &mut self,
        call: impl Future<Output = Reply>,
    ) -> Result<Reply, InjectedFault> {
        let mut phases = CallPhases::new();
        let mut call = pin!(call);
        std::future::poll_fn(|cx| phases.poll(self, cx, |cx| call.as_mut().poll(cx))).await
    }
}
