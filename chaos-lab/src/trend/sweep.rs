//! Goes through the runs of a suite as they were made, and finds the one from which on values are different.

use std::mem;

use chaos_page::GoodSide;

use super::difference::{Run, difference, mean};
use crate::report::{Moved, Movement};
use crate::statistics::{CONFIDENCE, Estimate};

/// The most runs that are looked at.
pub(super) const RUNS: usize = 30;

/// The fewest runs that later ones are compared with.
const FEWEST: usize = 3;

/// The numbers of latest runs that are compared with those before them.
const WINDOWS: [usize; 3] = [1, 2, 3];

/// The number of latest runs that have to be as before for a regression to end.
const RETURN: usize = 3;

/// The confidence of a single look.
///
/// With it, values that do not change are called a regression in at most 5 of 100 series of [`RUNS`], and an improvement in as
/// many (Bonferroni); in simulations, both together are. As the latest runs alone count, a suite that is run on and on has at most
/// one false regression in 600 runs for each indicator.
const LOOK: f64 = 1.0 - 0.05 / (RUNS * WINDOWS.len()) as f64;

/// Goes through the runs from the first one on.
///
/// A regression holds until the latest runs do not differ from those before it. The runs since an improvement are what later
/// ones are compared with, so that losing it again is a regression. A drift that is slow beside the spread of the runs is not found,
/// as it becomes a part of what later ones are compared with.
pub(super) fn sweep(runs: &[Run], good: GoodSide) -> Movement {
    if runs.len() <= FEWEST {
        return Movement::TooFewRuns;
    }
    let is_worse = |found: &Estimate| (found.value > 0.0) == (good == GoodSide::Below);
    // The runs since the latest step, and those before it with whether it is a regression.
    let (mut level, mut held): (Vec<Run>, Option<(Vec<Run>, bool)>) = (Vec::new(), None);
    for run in runs {
        level.push(*run);
        if let Some((before, true)) = &mut held {
            let latest = &level[level.len().saturating_sub(RETURN)..];
            let found = difference(before, latest, CONFIDENCE);
            if latest.len() == RETURN && !(is_worse(&found) && clearness(&found) > 1.0) {
                before.extend(latest);
                level = mem::take(before);
                held = None;
            }
        } else if let Some((at, found)) = step(&level) {
            let since = level.split_off(at);
            held = Some((mem::replace(&mut level, since), is_worse(&found)));
        }
    }
    let Some((before, is_worse)) = held else {
        return Movement::Steady;
    };
    let moved = Moved {
        since: level[0].0,
        before: mean(&before, |run| run.value),
        now: mean(&level, |run| run.value),
        difference: difference(&before, &level, CONFIDENCE),
    };
    match is_worse {
        true => Movement::Regression(moved),
        false => Movement::Improvement(moved),
    }
}

/// The clearest step: the number of its first run, and the difference.
pub(super) fn step(level: &[Run]) -> Option<(usize, Estimate)> {
    let starts = WINDOWS
        .into_iter()
        .filter_map(|window| level.len().checked_sub(window));
    let starts = starts.filter(|at| *at >= FEWEST);
    let steps = starts.map(|at| (at, difference(&level[..at], &level[at..], LOOK)));
    let clear = steps.filter(|(_, found)| clearness(found) > 1.0);
    clear.max_by(|(_, one), (_, other)| clearness(one).total_cmp(&clearness(other)))
}

/// How many times as large a difference is as what its bounds leave open; more than 1 if they leave out that there is none.
fn clearness(found: &Estimate) -> f64 {
    let facing = if found.value > 0.0 {
        found.lower
    } else {
        found.upper
    };
    found.value / (found.value - facing)
}
