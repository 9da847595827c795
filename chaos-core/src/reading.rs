//! What a lab reads of the world around a service, and posts to it while a run goes on.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::human;

/// What a lab posts to a service: business readings, and how often the service recovered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Readings {
    /// The readings, each of which replaces the last one of its name.
    #[serde(default)]
    pub readings: Vec<Reading>,
    /// The recoveries so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recoveries: Option<Recoveries>,
}

/// A value that matters to the business, such as the rate of bookings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Reading {
    /// Its name.
    pub name: String,
    /// Its value, if there is one.
    #[serde(default)]
    pub value: Option<f64>,
    /// The unit of the value, such as `percent`.
    #[serde(default)]
    pub unit: Option<String>,
    /// Its limit in words, such as `at least 10`.
    #[serde(default)]
    pub limit: Option<String>,
    /// Whether the limit holds.
    pub state: ReadingState,
}

/// Whether the limit of a [`Reading`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingState {
    /// It holds.
    Holds,
    /// It is broken.
    Broken,
    /// There was no answer, which says nothing about it.
    Unknown,
}

/// How often a service recovered from faults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recoveries {
    /// The faults after which a recovery was awaited.
    pub tried: u64,
    /// Those after which the service became steady again.
    pub succeeded: u64,
}

/// What was posted, when and by which client.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Posted<T> {
    /// What was posted.
    #[serde(flatten)]
    pub what: T,
    /// The time at which it came in.
    #[serde(serialize_with = "human::timestamp_text::serialize")]
    pub at: SystemTime,
    /// The name of the client.
    pub by: String,
}

impl Reading {
    /// A reading of a name, without a value, a unit or a limit in words.
    #[must_use]
    pub fn new(name: impl Into<String>, state: ReadingState) -> Self {
        Self {
            name: name.into(),
            value: None,
            unit: None,
            limit: None,
            state,
        }
    }
}

impl Readings {
    /// These readings, without recoveries.
    #[must_use]
    pub fn of(readings: Vec<Reading>) -> Self {
        Self {
            readings,
            recoveries: None,
        }
    }
}
