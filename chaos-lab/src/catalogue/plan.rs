//! Plans the entries of a suite for a target.

use std::collections::HashSet;

use chaos_core::{Consent, Environment, SiteStatus};

use super::bind::{Bound, Site};
use super::embedded::{Catalogue, Chosen, UnknownName};
use super::intensity::Intensity;
use super::places::listed;
use super::tuning::{TuneError, Tuning};
use crate::scenario::{
    AbortPlan, CatalogueEntry, Expectation, Planned, Scenario, Settings, SuiteEntry,
};

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
    /// What changes all scenarios.
    pub tuning: Tuning,
}

/// A suite that makes no sense for its target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A name that the catalogue does not have.
    #[error(transparent)]
    Unknown(#[from] UnknownName),
    /// The name of a service that no site has.
    #[error("the target has no site named {name:?}; it has {known}")]
    NoSuchSite {
        /// The name.
        name: String,
        /// The sites of the target.
        known: String,
    },
    /// An experiment that can't be changed as asked.
    #[error(transparent)]
    Tune(#[from] TuneError),
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
            match entry {
                SuiteEntry::Scenario(scenario) => {
                    planned.push(self.tuned((**scenario).clone())?);
                }
                SuiteEntry::Catalogue(entry) => {
                    for chosen in Catalogue::embedded().find(&entry.name)? {
                        let bound = self.bound(entry, chosen, sites)?;
                        if names.insert(bound.name().to_owned()) {
                            planned.push(bound);
                        }
                    }
                }
            }
        }
        Ok(planned)
    }

    fn bound(
        &self,
        entry: &CatalogueEntry,
        chosen: Chosen,
        sites: &[SiteStatus],
    ) -> Result<Planned, PlanError> {
        let at = if self.at.is_empty() {
            &entry.at
        } else {
            &self.at
        };
        let is_known = |name: &&String| sites.iter().any(|site| site.service == **name);
        if let Some(name) = at.iter().find(|name| !is_known(name)) {
            let (name, known) = (name.clone(), listed(sites));
            return Err(PlanError::NoSuchSite { name, known });
        }
        let asked = self.intensity.or(entry.intensity).or(chosen.intensity);
        let intensity = asked.unwrap_or_default();
        let target = Site {
            sites,
            environment: self.environment,
            at,
            consent: self.consent.as_ref(),
        };
        let mut name = chosen.scenario.name_at(intensity);
        if !at.is_empty() {
            name = format!("{name} at {}", at.join(" and "));
        }
        match target.bind(chosen.scenario, intensity) {
            Err(why) => Ok(Planned::Unfit {
                scenario: name,
                why,
            }),
            Ok(bound) => self.tuned(scenario(name, entry, chosen, intensity, bound)),
        }
    }

    fn tuned(&self, mut scenario: Scenario) -> Result<Planned, PlanError> {
        self.tuning.apply(&mut scenario)?;
        Ok(scenario.into())
    }
}

/// A scenario with its experiments; the settings of its entry come before those of the catalogue.
fn scenario(
    name: String,
    entry: &CatalogueEntry,
    chosen: Chosen,
    intensity: Intensity,
    bound: Bound,
) -> Scenario {
    let of_catalogue = chosen.scenario;
    let mut objectives = of_catalogue.objectives;
    objectives.profile = chosen.profile.unwrap_or(objectives.profile);
    let mut expect = entry.expect.unwrap_or(of_catalogue.expect);
    let mut abort_when = of_catalogue.abort_when;
    if !bound.strikes_requests {
        if expect == Expectation::Surfaced && abort_when.is_none() {
            abort_when = Some(AbortPlan {
                error_rate: None,
                ..AbortPlan::default()
            });
        }
        // What can't be told apart can't be expected.
        expect = Expectation::Any;
    }
    let settings = Settings {
        abort_when,
        stages: Some(of_catalogue.stages_at(intensity)),
        objectives: Some(objectives),
        ..Settings::default()
    };
    let mut scenario = entry.settings.clone().or(&settings).scenario(name, expect);
    scenario.why = Some(of_catalogue.why.clone());
    scenario.experiments = bound.experiments;
    scenario
}
