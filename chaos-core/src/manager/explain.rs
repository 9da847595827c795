//! Explains why an experiment does or does not hit an operation.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::inner::Inner;
use super::table::Table;
use crate::cap_gate::NotAdmitted;
use crate::explain::{Answer, Caveat, WhyNot};
use crate::running::{Encounter, Reach, Running};
use crate::site::{Entry, Exemption, Miss, Numbering, SiteState, Unsupported};
use crate::{EndReason, Experiment, Operation, SiteKind, delay};

impl Inner {
    /// What a reader of these answers needs to know besides.
    pub(super) fn caveats(
        &self,
        service: &str,
        operation: &Operation<'_>,
        answers: &[Answer],
    ) -> Vec<Caveat> {
        let table = self.table();
        let misspelt = table.misspelt_protection(&self.settings, service);
        let misspelt = misspelt.map(|protected| Caveat::MisspeltProtection {
            protected,
            service: service.to_owned(),
        });
        let would_hit = |kind| {
            let mut at = answers.iter().filter(|answer| answer.kind == Some(kind));
            at.any(|answer| answer.why_not.is_none())
        };
        let of_site = |site: &Arc<SiteState>| {
            let kind = site.kind();
            let not_met = would_hit(kind) && site.has_met_only_others(operation);
            let not_met = not_met.then(|| Caveat::NotMet {
                kind,
                operation: operation.name().to_owned(),
            });
            let misuses = site.misuses().map(|misuse| Caveat::Misuse(kind, misuse));
            let key = site.dominant_key();
            let key = key.map(|key| Caveat::DominantKey(key.to_owned()));
            not_met
                .into_iter()
                .chain(misuses)
                .chain(key)
                .collect::<Vec<_>>()
        };
        let of_sites = table.sites.of(service).flat_map(of_site);
        misspelt.into_iter().chain(of_sites).collect()
    }

    pub(super) fn answers(&self, service: &str, operation: &Operation<'_>) -> Vec<Answer> {
        let table = self.table();
        let sites: Vec<_> = table.sites.of(service).collect();
        let mut answers = Vec::new();
        for (experiment, running) in all(&table) {
            if let Some(why_not) = running.and_then(pressure_only) {
                answers.push(answer(experiment, None, Some(why_not)));
                continue;
            }
            if sites.is_empty() {
                let nearest = table.nearest_service(service);
                answers.push(answer(
                    experiment,
                    None,
                    Some(WhyNot::NoSuchSite { nearest }),
                ));
            }
            let selects = |site: &Arc<SiteState>| running.is_none_or(|one| one.selects(site));
            // Other sites explain why nothing is struck only if none is selected, and it has not simply ended.
            let explains_others = running.is_none_or(|one| one.end_reason().is_none())
                && !sites.iter().any(|site| selects(site));
            let expected = |site: &&&Arc<SiteState>| explains_others || selects(site);
            for site in sites.iter().filter(expected) {
                answers.push(answer(
                    experiment,
                    Some(site.kind()),
                    why_not(experiment, running, site, operation),
                ));
            }
        }
        answers
    }
}

/// All known experiments, with their running state if they ever ran.
fn all(table: &Table) -> impl Iterator<Item = (&Experiment, Option<&Arc<Running>>)> {
    let running = table.running.all().map(|active| &active.running);
    // Only the latest of several experiments with the same name is explained.
    let mut named = BTreeSet::new();
    let ended = table.ended.iter().rev();
    let ended: Vec<_> = ended
        .filter(|ended| table.running.get(&ended.name).is_none() && named.insert(&ended.name))
        .collect();
    running
        .chain(ended.into_iter().rev())
        .map(|running| (&running.experiment, Some(running)))
        .chain(
            table
                .waiting
                .iter()
                .map(|waiting| (&waiting.experiment, None)),
        )
}

fn answer(experiment: &Experiment, kind: Option<SiteKind>, why_not: Option<WhyNot>) -> Answer {
    Answer {
        experiment: experiment.name().to_owned(),
        kind,
        why_not,
    }
}

fn why_not(
    experiment: &Experiment,
    running: Option<&Arc<Running>>,
    site: &Arc<SiteState>,
    operation: &Operation<'_>,
) -> Option<WhyNot> {
    let Some(running) = running else {
        return Some(WhyNot::Waiting);
    };
    if let Some(reason) = running.end_reason() {
        return Some(WhyNot::Ended(reason.clone()));
    }
    if !running.selects(site) {
        return Some(WhyNot::OtherSite(running.radius.to_string()));
    }
    if site.is_protected() || running.spares(site.service()) {
        return Some(WhyNot::Protected);
    }
    if running.reach == Reach::OtherInstances {
        return Some(WhyNot::OtherInstances);
    }
    let phase = experiment.strikes_in();
    let mut faults = experiment.faults().iter();
    let unsupported = faults.find_map(|fault| {
        Some(
            match site.refuses(fault, phase, running.radius.operation_glob())? {
                Unsupported::Refusal => WhyNot::CannotRefuse,
                Unsupported::InPhase { .. } => WhyNot::NotSupported(fault.kind(), phase),
            },
        )
    });
    if unsupported.is_some() {
        return unsupported;
    }
    let plan = site.plan();
    let entry = plan.entries().iter().find(|entry| {
        entry
            .running()
            .is_some_and(|found| Arc::ptr_eq(&found, running))
    })?;
    would_miss(entry, running, site, operation)
}

/// The answer for a running experiment without operations, which is the same at every site.
fn pressure_only(running: &Arc<Running>) -> Option<WhyNot> {
    if running.strikes_operations() || running.end_reason().is_some() {
        return None;
    }
    Some(if running.reach == Reach::OtherInstances {
        WhyNot::OtherInstances
    } else if running.is_dry_run() {
        WhyNot::DryRun
    } else {
        WhyNot::Pressure(running.pressures.levels())
    })
}

/// Follows the path of a real decision without changing any state.
fn would_miss(
    entry: &Entry,
    running: &Running,
    site: &SiteState,
    operation: &Operation<'_>,
) -> Option<WhyNot> {
    operation.in_scope(|scope| {
        let radius = &running.radius;
        let exemption = Exemption::of(site, operation);
        if let Err(miss) = entry.covers(operation, scope, &exemption) {
            return Some(match miss {
                Miss::Operation => {
                    let glob = radius.operation_glob()?.clone();
                    match running.encounters.closest() {
                        Encounter::OtherOperation => WhyNot::NoOperation(glob),
                        _ => WhyNot::Operation(glob),
                    }
                }
                Miss::Place => WhyNot::OtherPlace,
                Miss::OutsideTransactions => WhyNot::OutsideTransactions,
                Miss::Attribute(name) => WhyNot::Attribute(name.to_owned()),
                Miss::Tag(tag) => WhyNot::Tag(tag.clone()),
                Miss::Exempt => WhyNot::Exempt,
                Miss::Suffering => {
                    let experiment = &running.experiment;
                    let fault = experiment.faults().first()?;
                    WhyNot::NotSupported(fault.kind(), experiment.strikes_in())
                }
            });
        }
        let identity = site.draw_identity(operation, scope, Numbering::Peek);
        let Some(draw) = entry.draws(identity) else {
            return Some(WhyNot::Rate(radius.operation_rate()));
        };
        if running.has_expired(delay::now()) {
            return Some(WhyNot::Ended(EndReason::TimeLimit));
        }
        match running.would_admit() {
            Err(NotAdmitted::Total) => return Some(WhyNot::TotalCap),
            Err(NotAdmitted::Concurrent) => return Some(WhyNot::ConcurrentCap),
            Err(NotAdmitted::Ended) => return running.end_reason().cloned().map(WhyNot::Ended),
            Ok(()) => {}
        }
        if !running.would_take_turn(draw, scope) {
            return Some(WhyNot::Pattern);
        }
        running.is_dry_run().then_some(WhyNot::DryRun)
    })
}
