//! The form of suites in files.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use chaos_core::Experiment;
use chaos_core::adapter::{Document, FormatVersion, HumanDuration, check_experiments};
use chaos_core::error::FileError;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    AbortPlan, CatalogueEntry, Expectation, ObjectivesPlan, ProbePlan, Settings, Stages, Suite,
    SuiteEntry, Target,
};
use crate::catalogue::{Catalogue, Intensity};
use crate::load::LoadPlan;

/// The longest run.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A suite as it is written; what stands outside the scenarios holds for each that does not replace it.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "Suite of chaos-lab")]
#[serde(deny_unknown_fields)]
pub(crate) struct SuiteFile {
    #[expect(dead_code, reason = "only its presence matters")]
    version: FormatVersion,
    /// The service that the scenarios run against, unless an environment is named.
    target: Option<Target>,
    /// The targets of environments, by name.
    #[serde(default)]
    environments: BTreeMap<String, Target>,
    /// Approvals of experiments, as `chaos-lab approve` writes them.
    #[serde(default)]
    approvals: Vec<String>,
    /// The load; without one, the target has a load of its own.
    load: Option<LoadPlan>,
    /// The probes of the target's health.
    steady_state: Option<Vec<ProbePlan>>,
    /// What holds whatever happens, such as that no order is charged twice.
    business_rules: Option<Vec<ProbePlan>>,
    /// When a run is given up.
    abort_when: Option<AbortPlan>,
    /// The length of each stage.
    stages: Option<Stages>,
    /// The limits that the target is judged by.
    objectives: Option<ObjectivesPlan>,
    /// The scenarios, which run one after another.
    scenarios: Vec<EntryFile>,
}

/// Experiments, or what the catalogue has under a name; and what differs from the suite.
#[derive(Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = [{ "required": ["name", "experiments"] }, { "required": ["catalogue"] }]))]
#[serde(deny_unknown_fields)]
struct EntryFile {
    /// The name, unique in the suite.
    name: Option<String>,
    /// The question that it answers.
    why: Option<String>,
    /// What is injected; all of it starts together.
    experiments: Option<Vec<Experiment>>,
    /// The name of a scenario, a category or a suite of the catalogue, in place of `name` and `experiments`.
    catalogue: Option<String>,
    /// The intensity of what the catalogue has; defaults to `medium`, or that of the suite in the catalogue.
    intensity: Option<Intensity>,
    /// The only services that scenarios of the catalogue strike; defaults to all that fit.
    at: Option<Vec<String>>,
    /// What it expects of its faults; defaults to `any`, or what the catalogue says.
    expect: Option<Expectation>,
    load: Option<LoadPlan>,
    steady_state: Option<Vec<ProbePlan>>,
    business_rules: Option<Vec<ProbePlan>>,
    abort_when: Option<AbortPlan>,
    stages: Option<Stages>,
    objectives: Option<ObjectivesPlan>,
}

/// The settings of a suite or an entry.
macro_rules! settings {
    ($of:ident) => {
        Settings {
            load: $of.load,
            steady_state: $of.steady_state,
            business_rules: $of.business_rules,
            abort_when: $of.abort_when,
            stages: $of.stages,
            objectives: $of.objectives,
        }
    };
}

impl From<SuiteFile> for Suite {
    fn from(file: SuiteFile) -> Self {
        let settings = settings!(file);
        let entries = file.scenarios.into_iter();
        Self {
            entries: entries.map(|entry| entry.over(&settings)).collect(),
            target: file.target,
            environments: file.environments,
            approvals: file.approvals,
            settings,
        }
    }
}

impl EntryFile {
    /// The entry, with the settings of the suite where it has none of its own.
    fn over(self, suite: &Settings) -> SuiteEntry {
        let settings = settings!(self);
        if let Some(name) = self.catalogue {
            return SuiteEntry::Catalogue(Box::new(CatalogueEntry {
                name,
                intensity: self.intensity,
                at: self.at.unwrap_or_default(),
                expect: self.expect,
                settings,
                suite: suite.clone(),
            }));
        }
        let expect = self.expect.unwrap_or_default();
        let mut scenario = settings
            .or(suite)
            .scenario(self.name.unwrap_or_default(), expect);
        scenario.why = self.why;
        scenario.experiments = self.experiments.unwrap_or_default();
        SuiteEntry::Scenario(Box::new(scenario))
    }

    fn check(&self, key: &str) -> Result<(), FileError> {
        let about =
            |name: &str, problem: &str| Err(FileError::about(&format!("{key}{name}"), problem));
        check_settings(
            &format!("{key}."),
            self.load.as_ref(),
            &self.steady_state,
            &self.business_rules,
        )?;
        let written = [
            (".name", self.name.is_some()),
            (".why", self.why.is_some()),
            (".experiments", self.experiments.is_some()),
        ];
        let catalogued = [
            (".intensity", self.intensity.is_some()),
            (".at", self.at.is_some()),
        ];
        let (misplaced, problem) = match self.catalogue {
            Some(_) => (&written[..], "does not go with `catalogue`"),
            None => (&catalogued[..], "only goes with `catalogue`"),
        };
        if let Some((name, _)) = misplaced.iter().find(|(_, is_given)| *is_given) {
            return about(name, problem);
        }
        if let Some(name) = &self.catalogue {
            let found = Catalogue::embedded().find(name).map(drop);
            return found.or_else(|unknown| about(".catalogue", &unknown.to_string()));
        }
        let name = self.name.as_deref().map(str::trim);
        let (of, problem) = match (name, self.experiments.as_deref()) {
            (None, _) => (
                "",
                "expected a `name`, or a name of the catalogue under `catalogue`, found none",
            ),
            (Some(""), _) => (".name", "expected a name, found none"),
            (Some(name), _) if name.contains(char::is_control) => {
                (".name", "expected a name without control characters")
            }
            (_, None) => ("", "expected `experiments`, found none"),
            (_, Some([])) => (
                ".experiments",
                "expected at least one experiment, found none",
            ),
            (_, Some(experiments)) => {
                return check_experiments(&format!("{key}.experiments"), experiments);
            }
        };
        about(of, problem)
    }
}

impl Document for SuiteFile {
    fn check(&self) -> Result<(), FileError> {
        check_settings(
            "",
            self.load.as_ref(),
            &self.steady_state,
            &self.business_rules,
        )?;
        if self.scenarios.is_empty() {
            let problem = "expected at least one scenario, found none";
            return Err(FileError::about("scenarios", problem));
        }
        let mut names = HashMap::new();
        for (index, entry) in self.scenarios.iter().enumerate() {
            let key = format!("scenarios[{index}]");
            entry.check(&key)?;
            let stages = entry.stages.or(self.stages).unwrap_or_default();
            let experiments = entry.experiments.as_deref().unwrap_or_default();
            check_times(&key, &stages, experiments)?;
            if let Some(name) = &entry.name
                && let Some(earlier) = names.insert(name, index)
            {
                let problem = format!(
                    "expected a unique name, found {name:?}, the name of scenarios[{earlier}]"
                );
                return Err(FileError::about(&format!("{key}.name"), problem));
            }
        }
        Ok(())
    }
}

/// Checks that the stages can be gone through, and that no experiment ends before its stage does.
fn check_times(key: &str, stages: &Stages, experiments: &[Experiment]) -> Result<(), FileError> {
    let inject = stages.inject.0;
    if inject.is_zero() || stages.total() > LONGEST {
        let problem = "expected a stage `inject`, and at most a day for all stages";
        return Err(FileError::about(key, problem));
    }
    let mut limits = experiments.iter().map(Experiment::runs_for);
    let Some(index) = limits.position(|limit| limit < inject) else {
        return Ok(());
    };
    let limit = HumanDuration(experiments[index].runs_for());
    let stage = stages.inject;
    let problem = format!("the time limit of {limit} is shorter than the stage of {stage}");
    let key = format!("{key}.experiments[{index}]");
    Err(FileError::about(&key, problem))
}

/// Checks what a suite and its entries can both have; `of` is what their keys begin with.
fn check_settings(
    of: &str,
    load: Option<&LoadPlan>,
    steady_state: &Option<Vec<ProbePlan>>,
    business_rules: &Option<Vec<ProbePlan>>,
) -> Result<(), FileError> {
    load.map_or(Ok(()), LoadPlan::check)
        .map_err(|invalid| FileError::about(&format!("{of}load"), invalid))?;
    for (name, probes) in [
        ("steady_state", steady_state),
        ("business_rules", business_rules),
    ] {
        // What is measured by one look is not taken for what is measured by another.
        let mut names = HashSet::new();
        for (index, probe) in probes.iter().flatten().enumerate() {
            let problem = if !names.insert(probe.name()) {
                "expected a unique name, found that of an earlier one; `name` gives one"
            } else if name == "steady_state" && !probe.drift.is_unlimited() {
                "`falls_at_most` and `rises_at_most` are for business rules"
            } else {
                continue;
            };
            return Err(FileError::about(&format!("{of}{name}[{index}]"), problem));
        }
    }
    Ok(())
}
