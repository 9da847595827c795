//! Scenarios as the catalogue has them: without the names of a target.

use chaos_core::adapter::HumanDuration;
use chaos_core::{Experiment, Risk, SiteKind};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::intensity::Intensity;
use crate::scenario::{AbortPlan, Expectation, ObjectivesPlan, Stages};

/// A scenario as the catalogue has it: without the names of a target.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CatalogueScenario {
    /// The name.
    pub name: String,
    /// The question that it answers.
    pub why: String,
    /// What it expects of its faults.
    #[serde(default)]
    pub expect: Expectation,
    /// The harm that each of its experiments can do in staging.
    pub risk: Risk,
    /// What it does and what bounds it, and what it only imitates.
    pub safety: String,
    /// Kinds of sites, of which it strikes all of the first kind that the target has fitting ones of; without any, it acts on
    /// the whole process.
    #[serde(default)]
    pub at: Vec<SiteKind>,
    /// Parts of the names of the services that it strikes; without any, all services.
    #[serde(default)]
    pub named: Vec<String>,
    /// The length of each stage.
    pub stages: Option<Stages>,
    /// The limits that the target is judged by.
    #[serde(default)]
    pub objectives: ObjectivesPlan,
    /// When a run is given up.
    pub abort_when: Option<AbortPlan>,
    inject: Injection,
    light: Option<Injection>,
    heavy: Option<Injection>,
}

/// What is injected: an experiment without a name and a place; or what differs from that at an intensity.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Injection {
    /// The length of the stage with the fault.
    lasts: Option<HumanDuration>,
    #[serde(flatten)]
    experiment: Map<String, Value>,
}

impl CatalogueScenario {
    /// The intensities that differ from each other.
    #[must_use]
    pub fn intensities(&self) -> Vec<Intensity> {
        let all = [Intensity::Light, Intensity::Medium, Intensity::Heavy];
        let differs = |one: &Intensity| *one == Intensity::Medium || self.differing(*one).is_some();
        all.into_iter().filter(differs).collect()
    }

    /// The kinds of sites that it strikes, in words.
    #[must_use]
    pub fn places(&self) -> String {
        if self.at.is_empty() {
            return "the whole process".to_owned();
        }
        let kinds: Vec<_> = self.at.iter().map(ToString::to_string).collect();
        kinds.join(" or ")
    }

    /// The length of each stage at an intensity; the stages of a suite hold where the scenario has none.
    #[must_use]
    pub fn stages_at(&self, intensity: Intensity, of_suite: Stages) -> Stages {
        let differing = self.differing(intensity).and_then(|one| one.lasts);
        let mut stages = self.stages.unwrap_or(of_suite);
        if let Some(lasts) = differing.or(self.inject.lasts) {
            stages.inject = lasts;
        }
        stages
    }

    /// What is injected at an intensity: the keys of an experiment, without its name and the sites that it selects.
    #[must_use]
    pub fn injected_at(&self, intensity: Intensity) -> Map<String, Value> {
        let mut injected = self.inject.experiment.clone();
        if let Some(differing) = self.differing(intensity) {
            injected.extend(differing.experiment.clone());
        }
        injected
    }

    /// An experiment as it is at an intensity, at the sites that a key of its blast radius selects.
    pub(super) fn experiment(
        &self,
        intensity: Intensity,
        name: &str,
        key: &str,
        selected: Value,
    ) -> Experiment {
        let mut experiment = self.injected_at(intensity);
        experiment
            .entry("blast_radius")
            .or_insert_with(|| Map::new().into())[key] = selected;
        experiment.insert("name".to_owned(), name.into());
        experiment.insert("why".to_owned(), self.why.as_str().into());
        // A test binds every scenario at every intensity.
        serde_json::from_value(experiment.into()).expect("the catalogue has valid experiments")
    }

    fn differing(&self, intensity: Intensity) -> Option<&Injection> {
        match intensity {
            Intensity::Light => self.light.as_ref(),
            Intensity::Medium => None,
            Intensity::Heavy => self.heavy.as_ref(),
        }
    }
}
