//! The sites of a target that a scenario strikes.

use chaos_core::{Experiment, Fault, SiteKind, SiteStatus};

use super::scenario::CatalogueScenario;

/// The sites that an experiment of a scenario strikes, of services in `at` if there are any; or why there are none.
pub(super) fn fitting<'a>(
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
