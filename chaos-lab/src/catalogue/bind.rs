//! Makes experiments of a scenario of the catalogue, for the sites of a target.

use chaos_core::{Environment, Experiment, Fault, SiteKind, SiteStatus};
use serde_json::json;

use super::intensity::Intensity;
use super::plan::Binding;
use super::scenario::CatalogueScenario;
use super::sites::fitting;

impl Binding {
    /// The experiments of a scenario, of which only services in `at` are struck, if there are any; or why there are none.
    pub(super) fn experiments(
        &self,
        scenario: &CatalogueScenario,
        intensity: Intensity,
        at: &[String],
        sites: &[SiteStatus],
    ) -> Result<Vec<Experiment>, String> {
        let unbound = scenario.experiment(intensity, &scenario.name, "points_at", "nowhere".into());
        let is_of_process = scenario.at.is_empty();
        let chosen = match is_of_process {
            false => fitting(scenario, &unbound, at, sites)?,
            true if at.is_empty() => Vec::new(),
            true => return Err("acts on the whole process, not on single services".to_owned()),
        };
        let destroys = unbound.faults().iter().any(Fault::is_destructive);
        let is_in_production = matches!(self.environment, None | Some(Environment::Production));
        if self.consent.is_none() && (destroys || is_of_process || is_in_production) {
            let why = match (destroys, is_of_process) {
                (true, _) => "ends the process",
                (_, true) => "acts on the whole process",
                _ => "would run in production, as the target states no other environment",
            };
            return Err(format!(
                "{why}, which needs a consent: `--consent 'NAME: REASON'` gives it"
            ));
        }
        let of_process = (scenario.name.clone(), "everything", json!(self.consent));
        let of_site = |site: &SiteStatus| {
            let (kind, service) = (site.kind, site.service.as_str());
            let name = format!("{} at {kind} {service}", scenario.name);
            (name, selector(kind), service.into())
        };
        let places = match is_of_process {
            true => vec![of_process],
            false => chosen.into_iter().map(of_site).collect(),
        };
        let experiment = |(name, key, selected): (String, _, _)| {
            let mut experiment = scenario.experiment(intensity, &name, key, selected);
            if let Some(consent) = self.consent.clone().filter(|_| destroys) {
                experiment = experiment.consent_to_destruction(consent);
            }
            if let Some(consent) = self.consent.clone().filter(|_| is_in_production) {
                experiment = experiment.consent_to_production(consent);
            }
            experiment
        };
        Ok(places.into_iter().map(experiment).collect())
    }
}

/// The key of a blast radius that selects the sites of a kind.
fn selector(kind: SiteKind) -> &'static str {
    match kind {
        SiteKind::Client => "calls_to",
        SiteKind::Server => "requests_to",
        SiteKind::Database => "queries_on",
        SiteKind::Stream => "streams_to",
        _ => "points_at",
    }
}
