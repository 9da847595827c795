//! Looks for the number from which on something holds.

/// The first number between `low` and `high` from which on something holds, or `high` if it holds for none before.
pub(super) fn first_between(mut low: u64, mut high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}
