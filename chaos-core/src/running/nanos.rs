//! Durations as integers, to be stored in atomics.

use std::time::Duration;

/// The duration in nanoseconds, or the longest that fits.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
