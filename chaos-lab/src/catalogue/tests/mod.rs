//! Binds what the catalogue has to made-up targets.

mod binding;
mod contents;
mod times;

use chaos_core::adapter::Support;
use chaos_core::{
    ChaosManager, Consent, Environment, Experiment, FaultKind, Phase, SiteKind, SiteStatus,
};

use super::{Binding, Catalogue, Intensity};
use crate::scenario::{Planned, Scenario, Suite};

pub(super) const ALL: [Intensity; 3] = [Intensity::Light, Intensity::Medium, Intensity::Heavy];

/// A target with a site of each kind, as adapters register them.
pub(super) fn target() -> ChaosManager {
    let chaos = ChaosManager::builder()
        .environment(Environment::Staging)
        .build();
    let http = Support::CALLS
        .and(Support::FLOWS)
        .around_calls(&[FaultKind::Disconnect]);
    let database = Support::CALLS
        .around_calls(&[FaultKind::Disconnect])
        .with(FaultKind::HoldConnections, Phase::Before);
    for (kind, service, support) in [
        (SiteKind::Server, "orders", http),
        (SiteKind::Client, "payments", http),
        (SiteKind::Client, "bank", http),
        (SiteKind::Database, "orders-db", database),
        (SiteKind::Stream, "redis", Support::STREAMS),
        (SiteKind::Point, "cache", Support::CALLS),
    ] {
        drop(chaos.register(kind, service, support));
    }
    chaos
}

pub(super) fn consenting() -> Binding {
    Binding {
        consent: Some(Consent::by("anna").unwrap().because("game day")),
        environment: Some(Environment::Staging),
        ..Binding::default()
    }
}

/// The plan of a name of the catalogue.
pub(super) fn planned(binding: &Binding, name: &str, sites: &[SiteStatus]) -> Vec<Planned> {
    let entry = Suite::default().catalogue_entry(name);
    binding.plan(&[entry], sites).unwrap()
}

/// The only scenario of a name that is fit.
pub(super) fn scenario(binding: &Binding, name: &str, sites: &[SiteStatus]) -> Scenario {
    match planned(binding, name, sites).remove(0) {
        Planned::Run(scenario) => *scenario,
        unfit @ Planned::Unfit { .. } => panic!("{unfit:?}"),
    }
}

/// Why the only scenario of a name is unfit.
pub(super) fn why_unfit(binding: &Binding, name: &str, sites: &[SiteStatus]) -> String {
    match planned(binding, name, sites).remove(0) {
        Planned::Unfit { why, .. } => why,
        fit @ Planned::Run(_) => panic!("{fit:?}"),
    }
}

pub(super) fn names(scenario: &Scenario) -> Vec<&str> {
    scenario.experiments.iter().map(Experiment::name).collect()
}

pub(super) fn catalogue() -> &'static Catalogue {
    Catalogue::embedded()
}
