//! The stages of a run.

use std::fmt;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A stage of a run.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// The target before the fault.
    Baseline,
    /// The fault is in force.
    Inject,
    /// The fault has ended, and the target becomes steady again.
    Recover,
    /// The target is steady, and must stay so.
    Cooldown,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Baseline => "baseline",
            Self::Inject => "inject",
            Self::Recover => "recover",
            Self::Cooldown => "cooldown",
        })
    }
}

/// The length of each stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Stages {
    /// Before the fault; defaults to 20 s.
    pub baseline: HumanDuration,
    /// With the fault; defaults to 30 s.
    pub inject: HumanDuration,
    /// At most until the target is steady again; defaults to 30 s.
    pub recover: HumanDuration,
    /// After that; defaults to 5 s.
    pub cooldown: HumanDuration,
}

impl Stages {
    /// The longest time that all of them take together.
    #[must_use]
    pub fn total(&self) -> Duration {
        let lengths = [self.baseline, self.inject, self.recover, self.cooldown];
        let lengths = lengths.into_iter().map(|length| length.0);
        lengths.fold(Duration::ZERO, Duration::saturating_add)
    }
}

impl Default for Stages {
    fn default() -> Self {
        let seconds = |seconds| HumanDuration(Duration::from_secs(seconds));
        Self {
            baseline: seconds(20),
            inject: seconds(30),
            recover: seconds(30),
            cooldown: seconds(5),
        }
    }
}
