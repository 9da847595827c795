//! Makes experiments of a scenario of the catalogue, for the sites of a target.

use chaos_core::{Environment, Experiment, Fault, SiteKind, SiteStatus};
use serde_json::json;

use super::intensity::Intensity;
use super::plan::Binding;
use super::scenario::CatalogueScenario;

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
                _ => {
                    "would run in production, as no other environment is stated (`CHAOS_ENVIRONMENT` of the target, or `--env` for a relay)"
                }
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

/// The sites that an experiment of a scenario strikes, of services in `at` if there are any; or why there are none.
fn fitting<'a>(
    scenario: &CatalogueScenario,
    experiment: &Experiment,
    at: &[String],
    sites: &'a [SiteStatus],
) -> Result<Vec<&'a SiteStatus>, String> {
    let phase = experiment.strikes_in();
    let is_named = |site: &&SiteStatus| {
        let service = site.service.to_lowercase();
        let mut parts = scenario.named.iter();
        match at {
            [] => parts.len() == 0 || parts.any(|part| service.contains(part)),
            at => at.contains(&site.service),
        }
    };
    let fits = |site: &&SiteStatus| {
        let supports = |fault: &Fault| {
            let mut supported = site.supports.iter();
            supported.any(|one| one.fault == fault.kind() && one.phases.contains(&phase))
        };
        !site.protected && experiment.faults().iter().all(supports)
    };
    let of_kind = |kind: &SiteKind| {
        let named = sites.iter().filter(is_named);
        let fitting = named.filter(|site| site.kind == *kind).filter(fits);
        Some(fitting.collect::<Vec<_>>()).filter(|sites| !sites.is_empty())
    };
    scenario.at.iter().find_map(of_kind).ok_or_else(|| {
        let mut needed = format!("{} site", scenario.places());
        if at.is_empty() && !scenario.named.is_empty() {
            needed = format!("{needed} named like {}", scenario.named.join(" or "));
        }
        let faults = experiment.faults().iter();
        let faults: Vec<_> = faults.map(|fault| fault.kind().to_string()).collect();
        let faults = faults.join(" and ");
        let found = match at {
            [] => format!("the target has {}", listed(sites)),
            _ => format!(
                "what was named is {}",
                listed(sites.iter().filter(is_named))
            ),
        };
        format!("needs a {needed} that can apply {faults} in phase {phase}; {found}")
    })
}

/// Lists sites as people name them; names come from outside, so control characters are escaped.
pub(super) fn listed<'a>(sites: impl IntoIterator<Item = &'a SiteStatus>) -> String {
    let sites = sites.into_iter().map(|site| {
        let protected = if site.protected { " (protected)" } else { "" };
        format!("{} {}{protected}", site.kind, site.service.escape_debug())
    });
    let sites = sites.collect::<Vec<_>>().join(", ");
    if sites.is_empty() {
        "no site".to_owned()
    } else {
        sites
    }
}
