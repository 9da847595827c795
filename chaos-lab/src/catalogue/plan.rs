//! Plans the entries of a suite for a target.

use std::collections::HashSet;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_core::{Consent, DEFAULT_TIME_LIMIT, Environment, Experiment, SiteStatus};

use super::bind::listed;
use super::embedded::{Catalogue, CatalogueSuite, UnknownName};
use super::intensity::Intensity;
use super::scale::Scale;
use super::scenario::CatalogueScenario;
use crate::scenario::{CatalogueEntry, Planned, Scenario, Settings, SuiteEntry};

/// What decides how a suite becomes scenarios for a target, besides the sites that it has.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Binding {
    /// The intensity of what comes from the catalogue, in place of that of its entry.
    pub intensity: Option<Intensity>,
    /// The only services that are struck by what comes from the catalogue, in place of those of its entry.
    pub at: Vec<String>,
    /// The consent that is given where the catalogue needs one.
    pub consent: Option<Consent>,
    /// The environment that the target states; without one it counts as production.
    pub environment: Option<Environment>,
    /// The factor of all times: stages, faults, time limits, and the periods of conditions and rate limits.
    ///
    /// Limits of objectives are no times of a scenario, so they stay.
    pub scale: Option<Scale>,
    /// The length of each stage with a fault, whatever the scale.
    pub inject: Option<Duration>,
    /// What becomes of the faults.
    pub application: Application,
}

/// What becomes of faults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Application {
    /// They are applied.
    #[default]
    Real,
    /// They are only decided and journalled.
    DryRun,
}

/// A suite that makes no sense for its target.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A name that the catalogue does not have.
    #[error(transparent)]
    Unknown(#[from] UnknownName),
    /// The name of a service that no site has, and the sites that there are.
    #[error("the target has no site named {0:?}; it has {1}")]
    NoSuchSite(String, String),
    /// The stage with the fault would outlast the time limit that an experiment has.
    #[error("the time limit of `{0}`, {1}, is shorter than a stage of {2}")]
    TimeLimit(String, HumanDuration, HumanDuration),
    /// An experiment can't be written as data, or read back.
    #[error("an experiment can't be written to a file: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl Binding {
    /// Plans entries for the sites of a target, in their order; what two entries have in common is planned once.
    ///
    /// It is a function of its arguments alone.
    ///
    /// # Errors
    ///
    /// When a name is known neither to the catalogue nor to the target, or an experiment can't be changed as asked.
    pub fn plan(
        &self,
        entries: &[SuiteEntry],
        sites: &[SiteStatus],
    ) -> Result<Vec<Planned>, PlanError> {
        let mut planned = Vec::new();
        let mut names = HashSet::new();
        for entry in entries {
            let entry = match entry {
                SuiteEntry::Scenario(scenario) => {
                    planned.push(self.tuned((**scenario).clone())?);
                    continue;
                }
                SuiteEntry::Catalogue(entry) => entry,
            };
            let found = Catalogue::embedded().find(&entry.name)?;
            for scenario in found.scenarios {
                let bound = self.bound(entry, found.suite, scenario, sites)?;
                if names.insert(bound.name().to_owned()) {
                    planned.push(bound);
                }
            }
        }
        Ok(planned)
    }

    /// A scenario of the catalogue at the sites of a target; the settings of its entry come before its own.
    fn bound(
        &self,
        entry: &CatalogueEntry,
        suite: Option<&CatalogueSuite>,
        scenario: &CatalogueScenario,
        sites: &[SiteStatus],
    ) -> Result<Planned, PlanError> {
        let at = if self.at.is_empty() {
            &entry.at
        } else {
            &self.at
        };
        let is_known = |name: &&String| sites.iter().any(|site| site.service == **name);
        if let Some(name) = at.iter().find(|name| !is_known(name)) {
            return Err(PlanError::NoSuchSite(name.clone(), listed(sites)));
        }
        let asked = self.intensity.or(entry.intensity);
        let asked = asked.or(suite.and_then(|suite| suite.intensity));
        let intensity = asked.filter(|one| scenario.intensities().contains(one));
        let intensity = intensity.unwrap_or_default();
        let mut name = scenario.name.clone();
        if scenario.intensities().len() > 1 {
            name = format!("{name} ({intensity})");
        }
        if !at.is_empty() {
            name = format!("{name} at {}", at.join(" and "));
        }
        let experiments = match self.experiments(scenario, intensity, at, sites) {
            Ok(experiments) => experiments,
            Err(why) => {
                return Ok(Planned::Unfit {
                    scenario: name,
                    why,
                });
            }
        };
        let mut objectives = scenario.objectives;
        objectives.profile = suite.and_then(|suite| suite.profile).unwrap_or_default();
        let settings = entry.settings.clone().or(&Settings {
            abort_when: scenario.abort_when,
            stages: Some(scenario.stages_at(intensity)),
            objectives: Some(objectives),
            ..Settings::default()
        });
        self.tuned(Scenario {
            why: Some(scenario.why.clone()),
            experiments,
            ..settings.scenario(name, entry.expect.unwrap_or(scenario.expect))
        })
    }

    /// A scenario with the times that are asked for; one of another scale says so in its name.
    fn tuned(&self, mut scenario: Scenario) -> Result<Planned, PlanError> {
        if let Some(scale) = self.scale {
            scenario.stages = scale.stages(scenario.stages);
            scenario.name = format!("{} at scale {}", scenario.name, scale.0);
        }
        if let Some(inject) = self.inject {
            scenario.stages.inject = HumanDuration(inject);
        }
        let stage = scenario.stages.inject;
        for experiment in &mut scenario.experiments {
            let limit = experiment.runs_for();
            if self.inject.is_some() && limit < stage.0 && limit != DEFAULT_TIME_LIMIT {
                let name = experiment.name().to_owned();
                return Err(PlanError::TimeLimit(name, HumanDuration(limit), stage));
            }
            let scaled = self.scale.map(|scale| scale.experiment(experiment));
            let mut tuned = scaled.transpose()?.unwrap_or_else(|| experiment.clone());
            if tuned.runs_for() < stage.0 {
                tuned = tuned.time_limit(stage.0);
            }
            *experiment = match self.application {
                Application::Real => tuned,
                Application::DryRun => Experiment::dry_run(tuned),
            };
        }
        Ok(scenario.into())
    }
}
