//! The promises of schedules.

mod file;
mod log;
mod promises;
mod simulation;
mod times;
mod world;

use jiff::Timestamp;

use super::{Change, Schedule, ScheduleEntry, ScheduleEvent, When};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn cron(pattern: &str, zone: &str) -> When {
    When::Cron {
        pattern: pattern.parse().unwrap(),
        time_zone: chaos_core::policy::Zone::named(zone).unwrap(),
    }
}

fn every(text: &str) -> When {
    When::Every(serde_json::from_value(text.into()).unwrap())
}
