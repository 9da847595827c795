//! The thread that brings a pressure to its level, keeps it there, and judges whether it is.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::held::{Held, Waited};
use super::{PressureChange, PressureEnd};

/// How long a pressure that is to be there may get no further before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(5);

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
    held.spawn(SMALL_STACK, move |held| {
        // However this thread ends, nothing of the pressure is to go on without it.
        let _stops = StopsAtDrop(held);
        run(held, hog);
    })
}

struct StopsAtDrop<'a>(&'a Arc<Held>);

impl Drop for StopsAtDrop<'_> {
    fn drop(&mut self) {
        self.0
            .stop(PressureEnd::Failed("its keeper panicked".to_owned()));
    }
}

fn run(held: &Arc<Held>, mut hog: impl Hog) {
    let mut best = 0.0;
    let mut told = 0.0;
    let mut progressed = Instant::now();
    let mut told_at = progressed;
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
        if share < 1.0 || achieved > best {
            progressed = Instant::now();
            best = achieved;
        }
        let enough = achieved >= held.requested() * hog.enough();
        let most = hog.most_there_is().filter(|_| !enough).map(str::to_owned);
        if !held.was_reached() {
            if share >= 1.0 && (enough || most.is_some()) {
                held.is_reached();
                held.tell(PressureChange::Reached, held.level(), most);
                told = achieved;
            } else if progressed.elapsed() >= PATIENCE {
                return fail(held, "it got no further".to_owned());
            }
        } else if achieved < told * 0.9 && !enough {
            held.tell(PressureChange::BackedOff, held.level(), most);
            told = achieved;
        }
        if told_at.elapsed() >= TELLS_EVERY {
            held.tell_level();
            told_at = Instant::now();
        }
        if held.is_over() {
            return held.stop(PressureEnd::Over);
        }
        if held.wait(hog.every()) == Waited::Stop {
            return;
        }
    }
}

fn fail(held: &Held, why: String) {
    let level = held.level();
    held.stop(PressureEnd::Failed(format!("{level}: {why}")));
    held.tell(PressureChange::Failed, level, Some(why));
}
