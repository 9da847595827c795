//! Plans the entries of a suite for a target.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_core::{Consent, DEFAULT_TIME_LIMIT, Environment, SiteStatus};

use super::bind::listed;
use super::embedded::{Catalogue, CatalogueSuite, UnknownName};
use super::intensity::Intensity;
use super::scale::Scale;
use super::scenario::CatalogueScenario;
use crate::scenario::{CatalogueEntry, ObjectivesPlan, Planned, Scenario, Settings, SuiteEntry};

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
    /// Whether faults are only decided and journalled.
    pub is_dry_run: bool,
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
    /// Plans entries for the sites of a target, in their order; what two entries say alike is planned once.
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
        for entry in entries {
            match entry {
                SuiteEntry::Scenario(scenario) => planned.push(self.tuned((**scenario).clone())?),
                SuiteEntry::Catalogue(entry) => {
                    let found = Catalogue::embedded().find(&entry.name)?;
                    for scenario in found.scenarios {
                        let bound = self.bound(entry, found.suite, scenario, sites)?;
                        if !planned.contains(&bound) {
                            planned.push(bound);
                        }
                    }
                }
            }
        }
        Ok(planned)
    }

    /// A scenario of the catalogue at the sites of a target.
    fn bound(
        &self,
        entry: &CatalogueEntry,
        suite: Option<&CatalogueSuite>,
        scenario: &CatalogueScenario,
        sites: &[SiteStatus],
    ) -> Result<Planned, PlanError> {
        let mut at = [&self.at, &entry.at].into_iter();
        let at = at.find(|at| !at.is_empty()).map_or(&[][..], Vec::as_slice);
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
        match self.experiments(scenario, intensity, at, sites) {
            Err(why) => Ok(Planned::Unfit {
                scenario: name,
                why,
            }),
            Ok(experiments) => {
                let settings = settings(entry, suite, scenario, intensity);
                let expect = entry.expect.unwrap_or(scenario.expect);
                let mut bound = settings.scenario(name, expect);
                bound.why = Some(scenario.why.clone());
                bound.experiments = experiments;
                self.tuned(bound)
            }
        }
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
            *experiment = if self.is_dry_run {
                tuned.dry_run()
            } else {
                tuned
            };
        }
        Ok(scenario.into())
    }
}

/// The settings of a scenario: what its entry says, then the length that it has itself, then what its suite says, and what it
/// says itself where nothing else does.
fn settings(
    entry: &CatalogueEntry,
    suite: Option<&CatalogueSuite>,
    scenario: &CatalogueScenario,
    intensity: Intensity,
) -> Settings {
    let of_suite = entry.suite.stages.unwrap_or_default();
    let stages = scenario.stages_at(intensity, of_suite);
    let of_profile = ObjectivesPlan {
        profile: suite.and_then(|suite| suite.profile).unwrap_or_default(),
        ..ObjectivesPlan::default()
    };
    let settings = entry.settings.clone().or(&entry.suite);
    let objectives = settings.objectives.unwrap_or(of_profile);
    Settings {
        stages: entry.settings.stages.or(Some(stages)),
        objectives: Some(objectives.or(&scenario.objectives)),
        abort_when: settings.abort_when.or(scenario.abort_when),
        ..settings
    }
}
