//! The thread that brings a pressure to its level, keeps it there, and judges whether it is.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::held::{Held, Waited};
use super::progress::{Look, Progress, Verdict};
use crate::pressure::{PressureChange, PressureEnd};

/// How often its level is told, whatever happens.
const TELLS_EVERY: Duration = Duration::from_secs(1);

/// The stack of threads that call nothing deep.
pub(super) const SMALL_STACK: usize = 256 * 1024;

/// What takes a resource; dropping it gives all back.
pub(super) trait Hog: Send + 'static {
    /// Brings it nearer to this share of its level.
    ///
    /// It must not take much longer than a few milliseconds.
    ///
    /// # Errors
    ///
    /// When it can never get there; says why.
    fn bring_to(&mut self, share: f64, held: &Arc<Held>) -> Result<(), String>;

    /// How much there is now.
    fn level(&mut self) -> f64;

    /// How long until it wants to look again.
    fn every(&self) -> Duration;

    /// From which share of its level on it counts as reached.
    fn enough(&self) -> f64 {
        1.0
    }

    /// Says why no more is to be had, when all there is has been taken.
    fn most_there_is(&self) -> Option<&'static str> {
        None
    }
}

/// Has a thread of its own keep `hog` at its level until the pressure ends.
pub(super) fn keep(held: &Arc<Held>, hog: impl Hog) -> io::Result<()> {
    held.spawn_keeper(SMALL_STACK, move |held| {
        let _last = Last(held);
        run(held, hog);
    })
}

/// The end of a keeper, however it comes: nothing of the pressure goes on without it.
struct Last<'a>(&'a Arc<Held>);

impl Drop for Last<'_> {
    fn drop(&mut self) {
        // One that ends without a reason has panicked.
        fail(self.0, "its keeper panicked".to_owned());
        self.0.join_workers();
    }
}

fn run(held: &Arc<Held>, mut hog: impl Hog) {
    let mut told_at = Instant::now();
    let mut progress = Progress::new(told_at);
    loop {
        let share = held.ramped();
        let brought = hog.bring_to(share, held);
        let achieved = hog.level();
        held.achieves(achieved);
        if let Err(why) = brought {
            return fail(held, why);
        }
        if held.is_stopping() {
            return;
        }
        let enough = achieved >= held.requested() * hog.enough();
        let most = hog.most_there_is().filter(|_| !enough).map(str::to_owned);
        let look = Look {
            at: Instant::now(),
            share,
            achieved,
            suffices: enough || most.is_some(),
        };
        match progress.judge(look) {
            Verdict::Nothing => {}
            Verdict::Tell(change) => {
                if change == PressureChange::Reached {
                    held.is_reached();
                }
                held.tell(Some(change), held.level(), most);
            }
            Verdict::Stuck => return fail(held, "it got no further".to_owned()),
        }
        if told_at.elapsed() >= TELLS_EVERY {
            held.tell(None, held.level(), None);
            told_at = Instant::now();
        }
        let left = held.time_left();
        if left.is_zero() {
            if held.was_reached() {
                held.stop(PressureEnd::Over);
            } else {
                fail(held, "it was not there by the end of its time".to_owned());
            }
            return;
        }
        if held.wait(hog.every().min(left)) == Waited::Stop {
            return;
        }
    }
}

/// Ends it for want of what was asked for, unless it has ended already.
fn fail(held: &Held, why: String) {
    let level = held.level();
    if held.stop(PressureEnd::Failed(format!("{level}: {why}"))) {
        held.tell(Some(PressureChange::Failed), level, Some(why));
    }
}

#[cfg(test)]
mod tests;
