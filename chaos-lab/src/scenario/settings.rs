//! What holds for a scenario besides its experiments.

use super::{AbortPlan, Expectation, ObjectivesPlan, ProbePlan, Scenario, Stages};
use crate::load::LoadPlan;

/// What holds for a scenario besides its experiments, as far as something says it.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// The load.
    pub load: Option<LoadPlan>,
    /// The probes of the target's health.
    pub steady_state: Option<Vec<ProbePlan>>,
    /// What holds whatever happens.
    pub business_rules: Option<Vec<ProbePlan>>,
    /// When a run is given up.
    pub abort_when: Option<AbortPlan>,
    /// The length of each stage.
    pub stages: Option<Stages>,
    /// The limits that the target is judged by.
    pub objectives: Option<ObjectivesPlan>,
}

impl Settings {
    /// These settings, and those of `others` where there are none.
    #[must_use]
    pub fn or(self, others: &Self) -> Self {
        Self {
            load: self.load.or_else(|| others.load.clone()),
            steady_state: self.steady_state.or_else(|| others.steady_state.clone()),
            business_rules: self
                .business_rules
                .or_else(|| others.business_rules.clone()),
            abort_when: self.abort_when.or(others.abort_when),
            stages: self.stages.or(others.stages),
            objectives: self.objectives.or(others.objectives),
        }
    }

    /// A scenario with these settings, and without experiments.
    pub(crate) fn scenario(self, name: String, expect: Expectation) -> Scenario {
        Scenario {
            name,
            why: None,
            experiments: Vec::new(),
            expect,
            load: self.load,
            steady_state: self.steady_state.unwrap_or_default(),
            business_rules: self.business_rules.unwrap_or_default(),
            abort_when: self.abort_when.unwrap_or_default(),
            stages: self.stages.unwrap_or_default(),
            objectives: self.objectives.unwrap_or_default(),
        }
    }
}
