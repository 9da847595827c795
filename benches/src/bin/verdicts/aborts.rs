//! How soon and how often the conditions for aborting a run hold.

use chaos_lab::statistics::{Counted, RateSequence};

use crate::dice::Dice;

/// The share of runs that may be aborted by chance, all conditions together.
const WRONG: f64 = 0.05;

/// The seconds within which a broken target has to be found.
const WITHIN: usize = 5;

/// Prints a row for each case, and returns the number of broken promises.
pub(crate) fn print(runs: u64, dice: &Dice) -> usize {
    println!("\nRuns that are aborted at more than 50 % errors, at 50 requests a second:\n");
    println!("| errors | runs | aborted | seconds until then, median | worst |");
    println!("|---|---|---|---|---|");
    let limit = |_| 0.5;
    let quiet_then_broken = |second| if second < 20 { 0.0 } else { 0.8 };
    let at_limit = row("50 %, for 60 s", runs, 60, limit, dice);
    let broken = row("80 %, from the start", runs, 60, |_| 0.8, dice);
    let later = row(
        "80 %, after 20 s without",
        runs,
        80,
        quiet_then_broken,
        dice,
    );
    let is_found = |found: &Found, from: usize| {
        found.aborted == runs && found.worst.is_some_and(|worst| worst < from + WITHIN)
    };
    let false_alarms = at_limit.aborted as f64 / runs as f64;
    usize::from(false_alarms > WRONG)
        + usize::from(!is_found(&broken, 0))
        + usize::from(!is_found(&later, 20))
}

struct Found {
    aborted: u64,
    worst: Option<usize>,
}

fn row(name: &str, runs: u64, seconds: usize, rate: fn(usize) -> f64, dice: &Dice) -> Found {
    let mut ends: Vec<usize> = (0..runs)
        .filter_map(|_| aborted(seconds, rate, dice))
        .collect();
    ends.sort_unstable();
    let found = Found {
        aborted: ends.len() as u64,
        worst: ends.last().copied(),
    };
    // A run that is aborted at the end of its first second lasted one second.
    let of =
        |second: Option<&usize>| second.map_or("–".to_owned(), |second| (second + 1).to_string());
    println!(
        "| {name} | {runs} | {:.1} % | {} | {} |",
        found.aborted as f64 / runs as f64 * 100.0,
        of(ends.get(ends.len() / 2)),
        of(ends.last()),
    );
    found
}

/// The second at whose end a run is aborted, looked at once a second as a run does.
fn aborted(seconds: usize, rate: fn(usize) -> f64, dice: &Dice) -> Option<usize> {
    let mut sequence = RateSequence::above(0.5).expect("a share");
    (0..seconds).find(|second| {
        for _ in 0..50 {
            sequence.add(Counted::when(dice.happens(rate(*second))));
        }
        let is_beyond = sequence.is_beyond(WRONG);
        sequence.begin_second();
        is_beyond
    })
}
