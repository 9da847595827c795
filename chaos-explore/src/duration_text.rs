//! Durations as experiment files write them, such as `1m30s`.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use serde::Serializer;

/// Writes a duration as experiment files do.
pub(crate) fn format_duration(duration: Duration) -> String {
    HumanDuration(duration).to_string()
}

/// For `#[serde(with)]`, as text.
pub(crate) fn serialize<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&HumanDuration(*duration))
}
