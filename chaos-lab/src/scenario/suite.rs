//! Suites: scenarios, what holds for all of them, and where they run.

use std::collections::BTreeMap;
use std::path::Path;

use chaos_core::Format;
use chaos_core::adapter::{read_document, read_document_file};
use chaos_core::error::FileError;

use super::suite_file::SuiteFile;
use super::{AbortPlan, Expectation, ObjectivesPlan, ProbePlan, Scenario, Stages, Target};
use crate::catalogue::Intensity;
use crate::load::{InvalidLoad, LoadPlan};

/// The scenarios of a file, and where they run.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Suite {
    /// The target, unless an environment is named.
    pub target: Option<Target>,
    /// The targets of environments, by name.
    pub environments: BTreeMap<String, Target>,
    /// Approvals of experiments, which come with every start.
    pub approvals: Vec<String>,
    /// What holds for all scenarios that do not replace it.
    pub settings: Settings,
    /// The entries, in the order of the file.
    pub entries: Vec<SuiteEntry>,
}

/// An entry of a suite.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SuiteEntry {
    /// A scenario that is written out.
    Scenario(Box<Scenario>),
    /// What the catalogue has under a name.
    Catalogue(Box<CatalogueEntry>),
}

/// What the catalogue has under a name, and what differs from that.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct CatalogueEntry {
    /// The name of a scenario, a category or a suite.
    pub name: String,
    /// The intensity; defaults to that of the suite in the catalogue, or medium.
    pub intensity: Option<Intensity>,
    /// The only services that are struck; without any, all that fit.
    pub at: Vec<String>,
    /// What the scenarios expect of their faults, in place of what the catalogue says.
    pub expect: Option<Expectation>,
    /// What the entry says itself.
    pub settings: Settings,
    /// What its suite says for all entries.
    pub suite: Settings,
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

    /// A suite without entries, whose load asks for paths 20 times a second, one after another.
    ///
    /// # Errors
    ///
    /// When there is no path, or one does not start with `/`.
    pub fn with_load_on<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidLoad> {
        let load = LoadPlan::of_paths(paths);
        load.check()?;
        let mut suite = Self::default();
        suite.settings.load = Some(load);
        Ok(suite)
    }

    /// The scenarios that are written out.
    pub fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        self.entries.iter().filter_map(|entry| match entry {
            SuiteEntry::Scenario(scenario) => Some(&**scenario),
            SuiteEntry::Catalogue(_) => None,
        })
    }

    /// An entry with what the catalogue has under a name, and the settings of the suite.
    #[must_use]
    pub fn catalogue_entry(&self, name: &str) -> SuiteEntry {
        SuiteEntry::Catalogue(Box::new(CatalogueEntry {
            name: name.to_owned(),
            suite: self.settings.clone(),
            ..CatalogueEntry::default()
        }))
    }
}

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

#[cfg(test)]
mod tests {
    use super::super::{AbortPlan, ObjectivesPlan, Stages};
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
        assert_eq!(
            suite.scenarios().next().unwrap().expect,
            Expectation::Absorbed
        );
    }

    #[test]
    fn the_reference_is_valid_and_names_the_defaults() {
        let suite = Suite::read("../docs/suite.yaml").unwrap();
        let slow = suite.scenarios().next().unwrap();
        assert_eq!(slow.stages, Stages::default());
        assert_eq!(slow.objectives.limits(), ObjectivesPlan::default().limits());
        assert_eq!(slow.abort_when.error_rate, AbortPlan::default().error_rate);
    }

    #[test]
    fn what_stands_outside_holds_for_each_scenario_that_does_not_replace_it() {
        let suite = Suite::parse(SUITE, Format::Yaml, "suite.yaml").unwrap();
        let scenarios: Vec<_> = suite.scenarios().collect();
        let [slow, refused] = scenarios[..] else {
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
                "suite.yaml:14:17: scenarios[1].experiments[1].name: expected a unique name, found \"slow\", the name of scenarios[1].experiments[0]",
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
                SUITE.replace("expect: surfaced", "business_rules: [{ http: /books }, { http: /books }]"),
                "suite.yaml:10:40: scenarios[1].business_rules[1]: expected a unique name, found that of an earlier one",
            ),
            (
                SUITE.replace("name: refused payments", r#"name: "a\u001bb""#),
                "suite.yaml:9:11: scenarios[1].name: expected a name without control characters",
            ),
            (
                SUITE.replace("path: /orders", "path: /or ders"),
                "suite.yaml:3:7: load: the path \"/or ders\" can't be sent",
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
