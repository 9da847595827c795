//! The thread that brings a pressure to its level, keeps it there, and judges whether it is.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::progress::{Progress, Sample, Verdict};
use super::state::{PressureState, WaitOutcome};
use crate::pressure::{PressureChange, PressureEnd};

/// How often its level is told, whatever happens.
const TELLS_EVERY: Duration = Duration::from_secs(1);

/// The stack of threads that call nothing deep.
pub(super) const SMALL_STACK: usize = 256 * 1024;

/// What takes a resource; dropping it gives all back.
pub(super) trait Load: Send + 'static {
    /// Brings it nearer to this share of its level.
    ///
    /// It must not take much longer than a few milliseconds.
    ///
    /// # Errors
    ///
    /// When it can never get there; says why.
    fn adjust_to(&mut self, share: f64, state: &Arc<PressureState>) -> Result<(), String>;

    /// How much there is now.
    fn level(&mut self) -> f64;

    /// How long until it wants to look again.
    fn sampling_interval(&self) -> Duration;

    /// From which share of its level on it counts as reached.
    fn reached_threshold(&self) -> f64 {
        1.0
    }

    /// Says why no more is to be had, when all there is has been taken.
    fn saturation(&self) -> Option<&'static str> {
        None
    }
}

/// Has a thread of its own keep `load` at its level until the pressure ends.
pub(super) fn keep(state: &Arc<PressureState>, load: impl Load) -> io::Result<()> {
    state.spawn_control_loop(SMALL_STACK, move |state| {
        let _last = Last(state);
        run(state, load);
    })
}

/// The end of a keeper, however it comes: nothing of the pressure goes on without it.
struct Last<'a>(&'a Arc<PressureState>);

impl Drop for Last<'_> {
    fn drop(&mut self) {
        // One that ends without a reason has panicked.
        fail(self.0, "its keeper panicked".to_owned());
        self.0.join_workers();
    }
}

fn run(state: &Arc<PressureState>, mut load: impl Load) {
    let mut told_at = Instant::now();
    let mut progress = Progress::new(told_at);
    loop {
        let share = state.target_share();
        let brought = load.adjust_to(share, state);
        let achieved = load.level();
        state.set_achieved(achieved);
        if let Err(why) = brought {
            return fail(state, why);
        }
        if state.is_stopping() {
            return;
        }
        let reached_threshold = achieved >= state.requested() * load.reached_threshold();
        let most = load
            .saturation()
            .filter(|_| !reached_threshold)
            .map(str::to_owned);
        let look = Sample {
            at: Instant::now(),
            share,
            achieved,
            suffices: reached_threshold || most.is_some(),
        };
        match progress.judge(look) {
            Verdict::Unchanged => {}
            Verdict::Report(change) => {
                if change == PressureChange::Reached {
                    state.mark_reached();
                }
                state.notify(Some(change), state.level(), most);
            }
            Verdict::Stalled => return fail(state, "it got no further".to_owned()),
        }
        if told_at.elapsed() >= TELLS_EVERY {
            state.notify(None, state.level(), None);
            told_at = Instant::now();
        }
        let left = state.time_left();
        if left.is_zero() {
            if state.was_reached() {
                state.stop(PressureEnd::Over);
            } else {
                fail(state, "it was not there by the end of its time".to_owned());
            }
            return;
        }
        if state.wait(load.sampling_interval().min(left)) == WaitOutcome::Stopping {
            return;
        }
    }
}

/// Ends it for want of what was asked for, unless it has ended already.
fn fail(state: &PressureState, why: String) {
    let level = state.level();
    if state.stop(PressureEnd::Failed(format!("{level}: {why}"))) {
        state.notify(Some(PressureChange::Failed), level, Some(why));
    }
}

#[cfg(test)]
mod tests;
