//! An entry of a schedule.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_lab::scenario::ProbePlan;
use serde::{Deserialize, Serialize};

use super::When;

/// The longest time that a due run waits, and that a late one may still start within, unless an entry has others.
pub(super) const WAIT_AT_MOST: HumanDuration = HumanDuration(Duration::from_secs(3_600));
pub(super) const START_WITHIN: HumanDuration = HumanDuration(Duration::from_secs(600));

/// What is run, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScheduleEntry {
    /// The name, unique in the schedule.
    pub name: String,
    /// What follows `chaos-lab run`.
    pub run: String,
    /// When it is due.
    pub when: When,
    /// The probes that must succeed before it starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wait_until: Vec<ProbePlan>,
    /// The Alertmanager that must have no firing alert before it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alertmanager: Option<String>,
    /// The longest time that it waits.
    pub wait_at_most: HumanDuration,
    /// How late it may start when its due time was not seen.
    pub start_within: HumanDuration,
    /// How long before a due time it is announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<HumanDuration>,
}

impl ScheduleEntry {
    /// An entry that waits for nothing but other runs.
    #[must_use]
    pub fn new(name: impl Into<String>, run: impl Into<String>, when: When) -> Self {
        Self {
            name: name.into(),
            run: run.into(),
            when,
            wait_until: Vec::new(),
            alertmanager: None,
            wait_at_most: WAIT_AT_MOST,
            start_within: START_WITHIN,
            notice: None,
        }
    }
}
