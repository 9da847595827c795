//! Scenarios: experiments with load, a steady state, stages and objectives; plain data.

mod expectation;
mod objectives;
mod planned;
mod probe;
mod stages;
mod suite;
mod suite_file;
mod target;
mod tolerance;

use chaos_core::{Experiment, Fault};
pub use expectation::Expectation;
pub use objectives::{AbortPlan, Objectives, ObjectivesPlan, Profile};
pub use planned::Planned;
pub use probe::{Check, ProbePlan};
use serde::{Deserialize, Serialize};
pub use stages::{Stage, Stages};
pub use suite::{CatalogueEntry, Settings, Suite, SuiteEntry};
pub(crate) use suite_file::SuiteFile;
pub use target::Target;
pub use tolerance::{Allowance, Drift, Tolerance};

use crate::load::LoadPlan;

/// Whether an experiment ends the process of the target.
pub(crate) fn crashes(experiment: &Experiment) -> bool {
    let mut faults = experiment.faults().iter();
    faults.any(|fault| matches!(fault, Fault::Crash(_)))
}

/// Experiments with load, stages and objectives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Scenario {
    /// The name.
    pub name: String,
    /// The question that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What is injected; all of it starts together.
    pub experiments: Vec<Experiment>,
    /// What it expects of its faults.
    #[serde(default)]
    pub expect: Expectation,
    /// The load, unless the target has a load of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadPlan>,
    /// The probes of the target's health.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steady_state: Vec<ProbePlan>,
    /// What holds whatever happens, such as that no order is charged twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub business_rules: Vec<ProbePlan>,
    /// When the run is given up.
    #[serde(default)]
    pub abort_when: AbortPlan,
    /// The length of each stage.
    #[serde(default)]
    pub stages: Stages,
    /// The limits that the target is judged by.
    #[serde(default)]
    pub objectives: ObjectivesPlan,
}
