//! What the comparison of two builds says.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_lab::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Effect};
use crate::subject::Subject;

/// The version of the format of comparisons.
pub const COMPARISON_VERSION: u32 = 1;

/// What the comparison of two builds says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Comparison {
    /// The version of the format.
    pub version: u32,
    /// Met without a regression, violated with one, and inconclusive if something can't be compared.
    pub verdict: Verdict,
    /// The smallest difference of latency that is noticeable, unless a tenth of the latency is more.
    pub noticeable_latency: HumanDuration,
    /// What changed in each scenario.
    pub scenarios: Vec<ScenarioComparison>,
}

/// What changed in a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ScenarioComparison {
    /// The name of the scenario.
    pub scenario: String,
    /// Why its records can't be compared, if they can't.
    pub incomparable: Option<String>,
    /// What changed, by operation and fault.
    pub groups: Vec<GroupComparison>,
    /// What makes the comparison less certain than it looks.
    pub caveats: Vec<String>,
}

/// What changed for requests that had the same fault at the same operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct GroupComparison {
    /// What the requests have in common.
    pub subject: Subject,
    /// The number of requests.
    pub pairs: u64,
    /// Those that were struck in the first build only.
    pub struck_only_in_a: u64,
    /// Those that were struck in the second build only.
    pub struck_only_in_b: u64,
    /// What changed, by measure; nothing if there are too few requests.
    pub changes: Vec<Change>,
}

impl ScenarioComparison {
    pub(crate) fn incomparable(scenario: &str, why: String) -> Self {
        Self {
            scenario: scenario.to_owned(),
            incomparable: Some(why),
            groups: Vec::new(),
            caveats: Vec::new(),
        }
    }
}

impl Comparison {
    pub(crate) fn new(scenarios: Vec<ScenarioComparison>, noticeable: Duration) -> Self {
        let mut comparison = Self {
            version: COMPARISON_VERSION,
            verdict: Verdict::Met,
            noticeable_latency: HumanDuration(noticeable),
            scenarios,
        };
        let incomparable = comparison.scenarios.iter().find_map(|one| {
            let why = one.incomparable.as_ref()?;
            Some(format!("`{}` can't be compared: {why}", one.scenario))
        });
        comparison.verdict = if comparison.changes(Effect::Regression).next().is_some() {
            Verdict::Violated
        } else if comparison.scenarios.is_empty() {
            Verdict::inconclusive("there is nothing to compare")
        } else {
            incomparable.map_or(Verdict::Met, Verdict::inconclusive)
        };
        comparison
    }

    /// The changes of one kind, with their scenario and group.
    pub fn changes(
        &self,
        effect: Effect,
    ) -> impl Iterator<Item = (&ScenarioComparison, &GroupComparison, &Change)> {
        let groups = self.scenarios.iter().flat_map(|scenario| {
            let groups = scenario.groups.iter();
            groups.map(move |group| (scenario, group))
        });
        let changes = groups.flat_map(|(scenario, group)| {
            let changes = group.changes.iter();
            changes.map(move |change| (scenario, group, change))
        });
        changes.filter(move |(_, _, change)| change.effect == effect)
    }
}
