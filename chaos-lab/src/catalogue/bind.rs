//! Makes experiments of a scenario of the catalogue, for the sites of a target.

use chaos_core::{Consent, Environment, Experiment, Fault, SiteKind, SiteStatus};
use serde_json::{Value, json};

use super::intensity::Intensity;
use super::places::{Places, listed, selector_key, supports};
use super::scenario::CatalogueScenario;

/// What a scenario of the catalogue is bound to.
pub(super) struct Site<'a> {
    pub(super) sites: &'a [SiteStatus],
    /// The environment that the target states.
    pub(super) environment: Option<Environment>,
    /// The only services that are struck; without any, all that fit.
    pub(super) at: &'a [String],
    pub(super) consent: Option<&'a Consent>,
}

/// The experiments of a scenario.
pub(super) struct Bound {
    pub(super) experiments: Vec<Experiment>,
    /// Whether the journal of the target says which requests were struck.
    pub(super) strikes_requests: bool,
}

impl Site<'_> {
    /// Binds a scenario; or returns why there is no place for it.
    pub(super) fn bind(
        &self,
        scenario: &CatalogueScenario,
        intensity: Intensity,
    ) -> Result<Bound, String> {
        let unbound = scenario.unbound(intensity);
        let chosen = match scenario.at {
            Places::Process(_) if self.at.is_empty() => Vec::new(),
            Places::Process(_) => {
                return Err("acts on the whole process, not on single services".to_owned());
            }
            _ => self.fitting(scenario, &unbound)?,
        };
        self.check_consent(scenario, &unbound)?;
        let experiment = |name, selected| {
            let experiment = scenario.experiment(intensity, name, selected);
            self.permitted(experiment)
        };
        if chosen.is_empty() {
            let selected = ("everything", self.consent_in_data());
            return Ok(Bound {
                experiments: vec![experiment(scenario.name.clone(), selected)],
                strikes_requests: false,
            });
        }
        let at = |site: &&SiteStatus| {
            let name = format!("{} at {} {}", scenario.name, site.kind, site.service);
            experiment(
                name,
                (selector_key(site.kind), site.service.as_str().into()),
            )
        };
        Ok(Bound {
            experiments: chosen.iter().map(at).collect(),
            strikes_requests: chosen.iter().all(|site| site.kind != SiteKind::Stream),
        })
    }

    fn fitting(
        &self,
        scenario: &CatalogueScenario,
        unbound: &Experiment,
    ) -> Result<Vec<&SiteStatus>, String> {
        let is_named = |site: &SiteStatus| match self.at {
            [] => {
                let service = site.service.to_lowercase();
                let mut parts = scenario.named.iter();
                scenario.named.is_empty() || parts.any(|part| service.contains(part))
            }
            at => at.contains(&site.service),
        };
        let candidates: Vec<_> = self.sites.iter().filter(|site| is_named(site)).collect();
        let fits = |site: &&SiteStatus| !site.protected && supports(site, unbound);
        let fitting: Vec<_> = candidates.iter().copied().filter(fits).collect();
        let chosen = scenario.at.chosen(&fitting);
        if !chosen.is_empty() {
            return Ok(chosen);
        }
        let faults = unbound.faults().iter();
        let faults: Vec<_> = faults.map(|fault| fault.kind().to_string()).collect();
        let named = match (self.at, &scenario.named[..]) {
            ([], [_, ..]) => format!(" named like {}", scenario.named.join(" or ")),
            _ => String::new(),
        };
        let found = match self.at {
            [] => format!("the target has {}", listed(self.sites)),
            _ => format!("those that were named are {}", listed(candidates)),
        };
        let (places, faults, phase) = (&scenario.at, faults.join(" and "), unbound.strikes_in());
        Err(format!(
            "needs a {places} site{named} that can apply {faults} in phase {phase}; {found}"
        ))
    }

    fn check_consent(
        &self,
        scenario: &CatalogueScenario,
        unbound: &Experiment,
    ) -> Result<(), String> {
        let in_production = matches!(self.environment, None | Some(Environment::Production));
        let destroys = unbound.faults().iter().any(Fault::is_destructive);
        let what = [
            (destroys, "ends the process"),
            (
                matches!(scenario.at, Places::Process(_)),
                "acts on the whole process",
            ),
            (
                in_production,
                "would run in production, as the target states no other environment",
            ),
        ];
        match what.iter().find(|(needs_consent, _)| *needs_consent) {
            Some((_, why)) if self.consent.is_none() => Err(format!(
                "{why}, which needs a consent: `--consent 'NAME: REASON'` gives it"
            )),
            _ => Ok(()),
        }
    }

    /// The experiment with the consents that it needs.
    fn permitted(&self, experiment: Experiment) -> Experiment {
        let mut faults = experiment.faults().iter();
        let experiment = if faults.any(Fault::is_collateral) {
            experiment.allow_collateral()
        } else {
            experiment
        };
        let Some(consent) = self.consent else {
            return experiment;
        };
        let experiment = experiment.consent_to_production(consent.clone());
        let mut faults = experiment.faults().iter();
        if faults.any(Fault::is_destructive) {
            experiment.consent_to_destruction(consent.clone())
        } else {
            experiment
        }
    }

    fn consent_in_data(&self) -> Value {
        // Without one, nothing that needs it is bound.
        self.consent.map_or(Value::Null, |consent| json!(consent))
    }
}
