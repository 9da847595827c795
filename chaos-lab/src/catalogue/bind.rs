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
        let is_of_process = scenario.at.is_empty() && scenario.at_each.is_empty();
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
        let permitted = |mut experiment: Experiment| {
            if let Some(consent) = &self.consent {
                if destroys {
                    experiment = experiment.consent_to_destruction(consent.clone());
                }
                if is_in_production {
                    experiment = experiment.consent_to_production(consent.clone());
                }
            }
            experiment
        };
        if is_of_process {
            let everything = json!(self.consent);
            let name = &scenario.name;
            let experiment = scenario.experiment(intensity, name, "everything", everything);
            return Ok(vec![permitted(experiment)]);
        }
        let at_site = |site: &&SiteStatus| {
            let (service, kind) = (site.service.as_str(), site.kind);
            let name = format!("{} at {kind} {service}", scenario.name);
            permitted(scenario.experiment(intensity, &name, selector(kind), service.into()))
        };
        Ok(chosen.iter().map(at_site).collect())
    }
}

/// The sites that a scenario strikes; or why there are none.
fn fitting<'a>(
    scenario: &CatalogueScenario,
    unbound: &Experiment,
    at: &[String],
    sites: &'a [SiteStatus],
) -> Result<Vec<&'a SiteStatus>, String> {
    let phase = unbound.strikes_in();
    let is_named = |site: &&SiteStatus| {
        let service = site.service.to_lowercase();
        match (at, &scenario.named[..]) {
            ([], parts) => parts.is_empty() || parts.iter().any(|part| service.contains(part)),
            (at, _) => at.contains(&site.service),
        }
    };
    let fits = |site: &&SiteStatus| {
        let supports = |fault: &Fault| {
            let mut supported = site.supports.iter();
            supported.any(|one| one.fault == fault.kind() && one.phases.contains(&phase))
        };
        !site.protected && unbound.faults().iter().all(supports)
    };
    let named: Vec<_> = sites.iter().filter(is_named).collect();
    let of = |kinds: &[SiteKind]| {
        let fitting = named.iter().copied().filter(fits);
        let fitting: Vec<_> = fitting.filter(|site| kinds.contains(&site.kind)).collect();
        Some(fitting).filter(|sites| !sites.is_empty())
    };
    let first = scenario.at.chunks(1).find_map(of);
    first.or_else(|| of(&scenario.at_each)).ok_or_else(|| {
        let faults = unbound.faults().iter();
        let faults: Vec<_> = faults.map(|fault| fault.kind().to_string()).collect();
        let like = match (at, &scenario.named[..]) {
            ([], [_, ..]) => format!(" named like {}", scenario.named.join(" or ")),
            _ => String::new(),
        };
        let whose = if at.is_empty() {
            "the target has"
        } else {
            "what was named is"
        };
        let (places, faults, found) = (
            scenario.places(),
            faults.join(" and "),
            listed(named.iter().copied()),
        );
        let found = if at.is_empty() { listed(sites) } else { found };
        format!(
            "needs a {places} site{like} that can apply {faults} in phase {phase}; {whose} {found}"
        )
    })
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
