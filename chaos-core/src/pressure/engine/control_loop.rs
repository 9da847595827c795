//! The control loop: brings a pressure to its level, keeps it there, and reports its progress.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::load::Load;
use super::progress::{Progress, Sample, Supply, Verdict};
use super::state::{PressureState, WaitOutcome};
use crate::pressure::{PressureChange, PressureEnd};

/// Interval of regular level reports.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Stack size of threads with shallow call depth.
pub(super) const SMALL_STACK: usize = 256 * 1024;

/// Starts a thread that keeps `load` at its level until the pressure ends.
pub(super) fn start(state: &Arc<PressureState>, load: impl Load) -> io::Result<()> {
    let started = state.spawn(SMALL_STACK, move |state| {
        let _cleanup = Cleanup(state);
        run(state, load);
    });
    started.map(drop)
}

/// Ends the pressure with its control loop, also when that panics.
struct Cleanup<'a>(&'a Arc<PressureState>);

impl Drop for Cleanup<'_> {
    fn drop(&mut self) {
        // Takes effect only after a panic: any other end is set already.
        fail(self.0, "its control loop panicked".to_owned());
        self.0.join_workers();
    }
}

fn run(state: &Arc<PressureState>, mut load: impl Load) {
    let mut reported_at = Instant::now();
    let mut progress = Progress::new(reported_at);
    loop {
        let target_share = state.target_share();
        let adjusted = load.adjust_to(target_share, state);
        let achieved = load.level();
        state.set_achieved(achieved);
        if let Err(why) = adjusted {
            return fail(state, why);
        }
        if state.is_stopping() {
            return;
        }
        let is_reached = achieved >= state.requested() * load.reached_threshold();
        let saturation = load.saturation().filter(|_| !is_reached);
        let verdict = progress.judge(Sample {
            at: Instant::now(),
            target_share,
            achieved,
            supply: match saturation {
                _ if is_reached => Supply::Requested,
                Some(_) => Supply::AllAvailable,
                None => Supply::Short,
            },
        });
        match verdict {
            Verdict::Unchanged => {}
            Verdict::Report(change) => {
                match change {
                    PressureChange::Reached => state.mark_reached(),
                    PressureChange::Saturated => state.mark_saturated(),
                    _ => {}
                }
                state.notify(Some(change), state.level(), saturation.map(str::to_owned));
            }
            Verdict::Stalled => return fail(state, "it makes no further progress".to_owned()),
        }
        if reported_at.elapsed() >= REPORT_INTERVAL {
            state.notify(None, state.level(), None);
            reported_at = Instant::now();
        }
        let left = state.time_left();
        if left.is_zero() {
            if state.took_effect() {
                state.stop(PressureEnd::HoldElapsed);
            } else {
                fail(
                    state,
                    "its level was not reached before the hold time elapsed".to_owned(),
                );
            }
            return;
        }
        if state.wait(load.sampling_interval().min(left)) == WaitOutcome::Stopping {
            return;
        }
    }
}

/// Ends the pressure as failed, unless it has ended already.
fn fail(state: &PressureState, why: String) {
    let level = state.level();
    if state.stop(PressureEnd::Failed(format!("{level}: {why}"))) {
        state.notify(Some(PressureChange::Failed), level, Some(why));
    }
}

#[cfg(test)]
mod tests;
