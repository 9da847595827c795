//! What must hold at the end.

use crate::count::{
    Count, ESCAPED, OVER_CONCURRENT, OVER_TOTAL, PROTECTED, REGISTERED, STUCK, TOO_LATE, UNDONE,
    UNEXPECTED,
};
use crate::process::{Holdings, threads};

/// The growth of memory that still counts as flat, in KiB and as a divisor.
const SLACK: u64 = 8 * 1024;
const TENTH: u64 = 10;

/// Prints what held and what did not, and returns whether everything held.
pub(crate) fn all_hold(start: Holdings, end: Holdings, resident: &[u64]) -> bool {
    let (registered, undone) = (REGISTERED.get(), UNDONE.get());
    let quarter = resident.len() / 4;
    let second = median(&resident[quarter..2 * quarter]);
    let last = median(&resident[resident.len() - quarter..]);
    let verdicts = [
        is_zero(&OVER_TOTAL),
        is_zero(&OVER_CONCURRENT),
        is_zero(&PROTECTED),
        is_zero(&TOO_LATE),
        is_zero(&STUCK),
        is_zero(&ESCAPED),
        is_zero(&UNEXPECTED),
        holds(
            registered == undone,
            &format!("undos: {registered} registered, {undone} run"),
        ),
        holds(
            end.descriptors <= start.descriptors,
            &format!(
                "descriptors: {} before, {} after",
                start.descriptors, end.descriptors
            ),
        ),
        holds(
            end.threads <= start.threads,
            &format!(
                "threads: {} before, {} after: {}",
                start.threads,
                end.threads,
                threads().join(", ")
            ),
        ),
        holds(
            last <= second + second / TENTH + SLACK,
            &format!(
                "memory: {second} KiB in the second quarter, {last} KiB in the last (up to 10 % and 8 MiB more)"
            ),
        ),
    ];
    verdicts.iter().all(|held| *held)
}

fn is_zero(count: &Count) -> bool {
    holds(
        count.get() == 0,
        &format!("{}: {}", count.name(), count.get()),
    )
}

fn holds(held: bool, what: &str) -> bool {
    println!("{} {what}", if held { "ok    " } else { "FAILED" });
    held
}

fn median(of: &[u64]) -> u64 {
    let mut sorted = of.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
