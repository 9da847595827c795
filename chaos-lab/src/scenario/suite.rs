//! Suites: files of scenarios.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use chaos_core::adapter::{
    Document, FormatVersion, HumanDuration, read_document, read_document_file,
};
use chaos_core::error::FileError;
use chaos_core::{Experiment, Format};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{AbortPlan, Expectation, ObjectivesPlan, ProbePlan, Scenario, Stages, Target};
use crate::load::LoadPlan;

/// The scenarios of a file, and where they run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Suite {
    /// The target, unless an environment is named.
    pub target: Option<Target>,
    /// The targets of environments, by name.
    pub environments: BTreeMap<String, Target>,
    /// Approvals of experiments, for all scenarios.
    pub approvals: Vec<String>,
    /// The scenarios, in the order of the file.
    pub scenarios: Vec<Scenario>,
}

impl Suite {
    /// Reads a file in YAML, TOML or JSON, by its extension.
    ///
    /// # Errors
    ///
    /// When the file can't be read, or is no valid suite. The error has file, line, key and what was expected.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, FileError> {
        Ok(read_document_file::<SuiteFile>(path.as_ref())?.into())
    }

    /// Parses the text of a suite; `origin` is the file in errors.
    ///
    /// # Errors
    ///
    /// When the text is no valid suite. The error has line, key and what was expected.
    pub fn parse(text: &str, format: Format, origin: &str) -> Result<Self, FileError> {
        Ok(read_document::<SuiteFile>(text, format, origin)?.into())
    }
}

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
    #[serde(default)]
    steady_state: Vec<ProbePlan>,
    /// What holds whatever happens, such as that no order is charged twice.
    #[serde(default)]
    business_rules: Vec<ProbePlan>,
    /// When a run is given up.
    #[serde(default)]
    abort_when: AbortPlan,
    /// The length of each stage.
    #[serde(default)]
    stages: Stages,
    /// The limits that the target is judged by.
    #[serde(default)]
    objectives: ObjectivesPlan,
    /// The scenarios, which run one after another.
    scenarios: Vec<ScenarioFile>,
}

/// Experiments, and what differs from the suite.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    /// The name, unique in the suite.
    name: String,
    /// The question that it answers.
    why: Option<String>,
    /// What is injected; all of it starts together.
    experiments: Vec<Experiment>,
    /// What it expects of its faults; defaults to `any`.
    #[serde(default)]
    expect: Expectation,
    load: Option<LoadPlan>,
    steady_state: Option<Vec<ProbePlan>>,
    business_rules: Option<Vec<ProbePlan>>,
    abort_when: Option<AbortPlan>,
    stages: Option<Stages>,
    objectives: Option<ObjectivesPlan>,
}

impl From<SuiteFile> for Suite {
    fn from(file: SuiteFile) -> Self {
        let scenarios = file.scenarios.into_iter().map(|scenario| Scenario {
            name: scenario.name,
            why: scenario.why,
            experiments: scenario.experiments,
            expect: scenario.expect,
            load: scenario.load.or_else(|| file.load.clone()),
            steady_state: scenario
                .steady_state
                .unwrap_or_else(|| file.steady_state.clone()),
            business_rules: scenario
                .business_rules
                .unwrap_or_else(|| file.business_rules.clone()),
            abort_when: scenario.abort_when.unwrap_or(file.abort_when),
            stages: scenario.stages.unwrap_or(file.stages),
            objectives: scenario.objectives.unwrap_or(file.objectives),
        });
        Self {
            scenarios: scenarios.collect(),
            target: file.target,
            environments: file.environments,
            approvals: file.approvals,
        }
    }
}

impl Document for SuiteFile {
    fn check(&self) -> Result<(), FileError> {
        if let Some(load) = &self.load {
            check_load("load", load)?;
        }
        check_probes("steady_state", &self.steady_state)?;
        if self.scenarios.is_empty() {
            return Err(FileError::about(
                "scenarios",
                "expected at least one scenario, found none",
            ));
        }
        let mut names = HashMap::new();
        for (index, scenario) in self.scenarios.iter().enumerate() {
            let key = format!("scenarios[{index}]");
            scenario.check(&key)?;
            let stages = scenario.stages.as_ref().unwrap_or(&self.stages);
            check_times(&key, stages, &scenario.experiments)?;
            if let Some(earlier) = names.insert(&scenario.name, index) {
                let problem = format!(
                    "expected a unique name, found {:?}, the name of scenarios[{earlier}]",
                    scenario.name
                );
                return Err(FileError::about(&format!("{key}.name"), problem));
            }
        }
        Ok(())
    }
}

impl ScenarioFile {
    fn check(&self, key: &str) -> Result<(), FileError> {
        if self.name.trim().is_empty() {
            return Err(FileError::about(
                &format!("{key}.name"),
                "expected a name, found none",
            ));
        }
        if self.experiments.is_empty() {
            let problem = "expected at least one experiment, found none";
            return Err(FileError::about(&format!("{key}.experiments"), problem));
        }
        check_probes(
            &format!("{key}.steady_state"),
            self.steady_state.as_deref().unwrap_or_default(),
        )?;
        for (index, experiment) in self.experiments.iter().enumerate() {
            let is_named = |earlier: &Experiment| earlier.name() == experiment.name();
            if self.experiments[..index].iter().any(is_named) {
                let problem = format!(
                    "expected a unique name, found {:?} again",
                    experiment.name()
                );
                return Err(FileError::about(
                    &format!("{key}.experiments[{index}].name"),
                    problem,
                ));
            }
            experiment.check().map_err(|invalid| {
                let key = format!("{key}.experiments[{index}].{}", invalid.key());
                FileError::about(&key, invalid.problem())
            })?;
        }
        match &self.load {
            Some(load) => check_load(&format!("{key}.load"), load),
            None => Ok(()),
        }
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

/// Checks that no probe of health is compared with what it read before the fault.
fn check_probes(key: &str, probes: &[ProbePlan]) -> Result<(), FileError> {
    let Some(index) = probes.iter().position(|probe| !probe.drift.is_unlimited()) else {
        return Ok(());
    };
    let problem = "`falls_at_most` and `rises_at_most` are for business rules";
    Err(FileError::about(&format!("{key}[{index}]"), problem))
}

fn check_load(key: &str, load: &LoadPlan) -> Result<(), FileError> {
    load.check()
        .map_err(|invalid| FileError::about(key, invalid))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: &str = "\
version: 1
target: { url: http://127.0.0.1:8080, admin: unix:/run/shop.sock }
load: { per_second: 50, requests: [{ path: /orders }] }
objectives: { profile: staging }
scenarios:
  - name: slow payments
    experiments:
      - { name: slow, fault: { latency: 1s }, blast_radius: { calls_to: payments } }
  - name: refused payments
    expect: surfaced
    objectives: { error_rate: 50% }
    experiments:
      - { name: refused, fault: { error: refused }, blast_radius: { calls_to: payments } }
";

    fn refused(text: &str) -> String {
        let refused = Suite::parse(text, Format::Yaml, "suite.yaml");
        refused.unwrap_err().to_string()
    }

    #[test]
    fn the_suite_of_the_documentation_is_valid() {
        let documented = include_str!("../lib.rs");
        let suite = documented.split("//! ```").nth(1).unwrap();
        let suite = suite.strip_prefix("yaml").unwrap().replace("//! ", "");
        let suite = Suite::parse(&suite, Format::Yaml, "suite.yaml").unwrap();
        assert_eq!(suite.scenarios[0].expect, Expectation::Absorbed);
    }

    #[test]
    fn the_reference_is_valid_and_names_the_defaults() {
        let suite = Suite::read("../docs/suite.yaml").unwrap();
        let slow = &suite.scenarios[0];
        assert_eq!(slow.stages, Stages::default());
        assert_eq!(slow.objectives.limits(), ObjectivesPlan::default().limits());
        assert_eq!(slow.abort_when.error_rate, AbortPlan::default().error_rate);
    }

    #[test]
    fn what_stands_outside_holds_for_each_scenario_that_does_not_replace_it() {
        let suite = Suite::parse(SUITE, Format::Yaml, "suite.yaml").unwrap();
        let [slow, refused] = &suite.scenarios[..] else {
            panic!("{suite:?}");
        };
        assert_eq!(slow.load.as_ref().unwrap().per_second, 50);
        assert_eq!(slow.objectives.profile, super::super::Profile::Staging);
        assert_eq!(refused.objectives.limits().error_rate.as_percent(), 50.0);
        assert_eq!(refused.expect, Expectation::Surfaced);
    }

    #[test]
    fn errors_name_file_line_key_and_what_was_expected() {
        let expected = [
            (
                SUITE.replace("name: refused payments", "name: slow payments"),
                "suite.yaml:9:11: scenarios[1].name: expected a unique name, found \"slow payments\", the name of scenarios[0]",
            ),
            (
                SUITE.replace("per_second: 50", "per_second: 0"),
                "suite.yaml:3:7: load: `per_second` is 0, so nothing would be sent",
            ),
            (
                SUITE.replace("latency: 1s", "latency: soon"),
                "suite.yaml:8:41: scenarios[0].experiments[0].fault.latency",
            ),
            (
                SUITE.replace("latency: 1s }", "latency: 1s }, time_limit: 20s"),
                "suite.yaml:8:9: scenarios[0].experiments[0]: the time limit of 20s is shorter than the stage of 30s",
            ),
            (
                SUITE.replace("expect: surfaced", "stages: { inject: 0s }"),
                "suite.yaml:9:5: scenarios[1]: expected a stage `inject`, and at most a day for all stages",
            ),
            (
                SUITE.replace("expect: surfaced", "stages: { cooldown: 99999999999999h }"),
                "suite.yaml:9:5: scenarios[1]: expected a stage `inject`, and at most a day for all stages",
            ),
            (
                SUITE.replace("name: refused, fault: { error: refused }", "name: slow, fault: { error: refused }, blast_radius: { calls_to: a } }\n      - { name: slow, fault: { error: refused }"),
                "suite.yaml:14:17: scenarios[1].experiments[1].name: expected a unique name, found \"slow\" again",
            ),
            (
                SUITE.replace("expect: surfaced", "expect: surface"),
                "suite.yaml:10:13: scenarios[1].expect: unknown value `surface`: did you mean `surfaced`?",
            ),
            (
                SUITE.replace("expect: surfaced", "steady_state: [{ prometheus: up, rises_at_most: 1 }]"),
                "suite.yaml:10:20: scenarios[1].steady_state[0]: `falls_at_most` and `rises_at_most` are for business rules",
            ),
            (
                SUITE.replace("scenarios:", "scenario:"),
                "suite.yaml:5:1: scenario: unknown key `scenario`: did you mean `scenarios`?",
            ),
        ];
        for (text, expected) in expected {
            let error = refused(&text);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
