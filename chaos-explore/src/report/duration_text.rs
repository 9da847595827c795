//! Durations in the format of experiment files, such as `1m30s`.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use serde::Serializer;

/// Formats a duration.
pub(crate) fn format_duration(duration: Duration) -> String {
    HumanDuration(duration).to_string()
}

/// Serializes a duration as text, for `#[serde(serialize_with)]`.
pub(crate) fn serialize<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&HumanDuration(*duration))
}
