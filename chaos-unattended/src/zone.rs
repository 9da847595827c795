//! The rules of time zones.

use chaos_core::policy::Zone;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Returns the rules of a zone, by which its clocks go.
#[must_use]
pub fn rules(zone: &Zone) -> TimeZone {
    let rules = TimeZoneDatabase::bundled().get(zone.name());
    // No zone can be built that this database does not know.
    rules.unwrap_or(TimeZone::UTC)
}
