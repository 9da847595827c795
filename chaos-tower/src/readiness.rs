//! Readiness of a service, which a fault of phase `NotReady` delays.

use std::task::{Context, Poll, ready};

use chaos_core::adapter::{Armed, Decision};
use chaos_core::{Operation, Phase, Site};

/// Readiness state for the next call: empty while no experiment affects it.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Option<Armed<State>>);

#[derive(Debug)]
enum State {
    /// A fault delays readiness. The inner service is not polled meanwhile, so none of its capacity is reserved.
    Delayed(Decision),
    /// The delay for the next call is over.
    Ready,
}

impl Readiness {
    /// Waits while a fault delays readiness, once for each call.
    #[cold]
    pub(crate) fn poll(&mut self, site: &Site, cx: &mut Context<'_>) -> Poll<()> {
        let Some(needs) = site.needs().filter(|needs| needs.decision()) else {
            self.0 = None;
            return Poll::Ready(());
        };
        let state = self.0.get_or_insert_with(|| {
            let operation = Operation::new("ready").only(Phase::NotReady);
            needs.arm(State::Delayed(site.decide(&operation)))
        });
        if let State::Delayed(decision) = state.get_mut() {
            // Only delays are supported in this phase.
            let _ = ready!(decision.poll_apply(Phase::NotReady, cx));
            *state.get_mut() = State::Ready;
        }
        Poll::Ready(())
    }

    /// Forgets the state, because the call that it was for is made now.
    pub(crate) fn reset(&mut self) {
        self.0 = None;
    }
}
