//! The clock on the wall.

use jiff::Timestamp;

/// Returns the time of the system to the second, as due times have no fractions.
#[must_use]
pub fn system_time() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
