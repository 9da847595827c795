//! How often a true regression is found, and how often one that is not there.

use std::time::Duration;

use chaos_lab::statistics::{Proportion, difference_of_proportions};

use crate::change::Change;
use crate::compare::settle;
use crate::pairs::{Ending, Pair};
use crate::{Effect, Measure, NOTICEABLE_LATENCY};

const REQUESTS: usize = 2_000;
const PAIRS_OF_BUILDS: usize = 1_000;

/// Requests of which 20 % fail in both builds, and another share in the second only; 1 % flip in each.
fn requests(dice: &mut fastrand::Rng, count: usize, regression: f64) -> Vec<Pair> {
    let one = |_| {
        let fails_in_a = dice.f64() < 0.2;
        // A share of all requests, made of those that succeeded.
        let fails_in_b = fails_in_a || dice.f64() < regression / 0.8;
        let mut ending = |fails: bool| Ending {
            ok: fails == (dice.f64() < 0.01),
            took: Duration::from_secs_f64(0.005 - 0.01 * dice.f64().ln()),
        };
        Pair {
            a: ending(fails_in_a),
            b: ending(fails_in_b),
        }
    };
    (0..count).map(one).collect()
}

/// The changes of struck requests and of some others, which do not regress.
fn changes(dice: &mut fastrand::Rng, regression: f64) -> (Vec<Pair>, Vec<Change>) {
    let struck = requests(dice, REQUESTS, regression);
    let mut changes = Change::of(&struck, NOTICEABLE_LATENCY);
    changes.extend(Change::of(
        &requests(dice, REQUESTS / 4, 0.0),
        NOTICEABLE_LATENCY,
    ));
    assert_eq!(changes.len(), 4);
    settle(&mut changes.iter_mut().collect::<Vec<_>>());
    (struck, changes)
}

/// Whether the unpaired test finds a difference of the same requests, at the same 5 %.
fn is_found_unpaired(struck: &[Pair]) -> bool {
    let failed = |side: fn(&Pair) -> Ending| {
        let failed = struck.iter().filter(|pair| !side(pair).ok).count();
        Proportion::new(failed as u64, struck.len() as u64).unwrap()
    };
    // Its bound is one-sided, so it finds regressions more often than a test of both sides.
    let difference = difference_of_proportions(failed(|pair| pair.b), failed(|pair| pair.a));
    difference.unwrap().lower > 0.0
}

/// The exact power of the test by itself is 99.4 %, and 97.6 % beside three others.
#[test]
fn a_regression_of_2_points_is_found_in_95_percent_and_unpaired_in_under_half() {
    let mut dice = fastrand::Rng::with_seed(7);
    let (mut found, mut found_unpaired) = (0, 0);
    for _ in 0..PAIRS_OF_BUILDS {
        let (struck, changes) = changes(&mut dice, 0.02);
        let [failures, ..] = &changes[..] else {
            panic!("{changes:?}");
        };
        assert_eq!(failures.measure, Measure::Failures);
        found += usize::from(failures.effect == Effect::Regression);
        found_unpaired += usize::from(is_found_unpaired(&struck));
    }
    assert!(found >= PAIRS_OF_BUILDS * 95 / 100, "{found}");
    assert!(found_unpaired < PAIRS_OF_BUILDS / 2, "{found_unpaired}");
}

#[test]
fn equal_builds_raise_no_alarm_in_92_percent() {
    let mut dice = fastrand::Rng::with_seed(7);
    let alarms = (0..PAIRS_OF_BUILDS).filter(|_| {
        let (_, changes) = changes(&mut dice, 0.0);
        changes.iter().any(|change| change.effect != Effect::None)
    });
    let alarms = alarms.count();
    assert!(alarms <= PAIRS_OF_BUILDS * 8 / 100, "{alarms}");
    // A test that never alarms would show nothing.
    assert!(alarms > 0);
}
