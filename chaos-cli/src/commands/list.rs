//! Lists, checks and explains scenarios.

use std::path::Path;

use anyhow::Result;
use chaos_core::adapter::HumanDuration;
use chaos_lab::catalogue::{Catalogue, CatalogueScenario};
use chaos_lab::scenario::{Scenario, Stages, SuiteEntry};
use chaos_lab::statistics::{Proportion, requests_that_decide, requests_to_plan};

use crate::arguments::SuiteFile;
use crate::exit::Exit;
use crate::output::print;
use crate::source::named;

pub(crate) fn list(suite: Option<&Path>) -> Result<Exit> {
    let Some(suite) = suite else {
        return list_catalogue();
    };
    for entry in &named(suite)? {
        match entry {
            SuiteEntry::Scenario(scenario) => match &scenario.why {
                Some(why) => print(&format!("{}: {why}", scenario.name))?,
                None => print(&scenario.name)?,
            },
            SuiteEntry::Catalogue(entry) => list_found(&entry.name, "")?,
            _ => {}
        }
    }
    Ok(Exit::Passed)
}

fn list_catalogue() -> Result<Exit> {
    let catalogue = Catalogue::embedded();
    for category in &catalogue.categories {
        print(&format!("{}: {}", category.name, category.why))?;
        list_found(&category.name, "  ")?;
    }
    for suite in &catalogue.suites {
        let names = [&[suite.name.clone()][..], &suite.aliases].concat();
        let (names, scenarios) = (names.join(", "), suite.scenarios.join(", "));
        print(&format!("{names}: {}\n  {scenarios}", suite.why))?;
    }
    Ok(Exit::Passed)
}

/// Lists the scenarios that the catalogue has under a name.
fn list_found(name: &str, indent: &str) -> Result<()> {
    for scenario in Catalogue::embedded().find(name)?.scenarios {
        let intensities = scenario.intensities();
        let intensities: Vec<_> = intensities.iter().map(ToString::to_string).collect();
        let (name, risk, why) = (&scenario.name, scenario.risk, &scenario.why);
        let intensities = intensities.join(", ");
        print(&format!(
            "{indent}{name} ({intensities}; risk {risk}): {why}"
        ))?;
    }
    Ok(())
}

pub(crate) fn validate(file: &SuiteFile) -> Result<Exit> {
    let mut scenarios = 0;
    for entry in named(&file.suite)? {
        scenarios += match entry {
            SuiteEntry::Catalogue(entry) => {
                Catalogue::embedded().find(&entry.name)?.scenarios.len()
            }
            _ => 1,
        };
    }
    let name = file.suite.display();
    print(&format!("{name} is valid; scenarios: {scenarios}"))?;
    Ok(Exit::Passed)
}

pub(crate) fn explain(file: &SuiteFile) -> Result<Exit> {
    for entry in &named(&file.suite)? {
        match entry {
            SuiteEntry::Scenario(scenario) => print(&explanation(scenario))?,
            SuiteEntry::Catalogue(entry) => {
                for scenario in Catalogue::embedded().find(&entry.name)?.scenarios {
                    print(&catalogue_explanation(scenario)?)?;
                }
            }
            _ => {}
        }
    }
    Ok(Exit::Passed)
}

fn catalogue_explanation(scenario: &CatalogueScenario) -> Result<String> {
    let CatalogueScenario {
        name,
        why,
        safety,
        risk,
        ..
    } = scenario;
    let places = scenario.places();
    let mut text =
        format!("{name}\n  {why}\n  strikes {places}: {safety}\n  risk in staging: {risk}\n");
    for intensity in scenario.intensities() {
        let injected = serde_json::to_string(&scenario.injected_at(intensity))?;
        let inject = scenario.stages_at(intensity, Stages::default()).inject;
        text += &format!("  {intensity}, for {inject}: {injected}\n");
    }
    Ok(text)
}

fn explanation(scenario: &Scenario) -> String {
    let limits = scenario.objectives.limits();
    let stages = &scenario.stages;
    let mut text = format!("{}\n", scenario.name);
    for experiment in &scenario.experiments {
        let faults = experiment.faults().iter();
        let faults: Vec<_> = faults.map(|fault| fault.kind().to_string()).collect();
        text += &format!("  {}: injects {}\n", experiment.name(), faults.join(", "));
    }
    let inject = stages.inject.0.as_secs_f64();
    text += &match &scenario.load {
        None => "  error rate: of the requests that the target counts itself\n".to_owned(),
        Some(load) => {
            let requests = f64::from(load.per_second) * inject;
            let limit = limits.error_rate.as_share();
            can_conclude("error rate", "requests", requests, limit)
        }
    };
    let watched = inject + stages.recover.0.as_secs_f64().min(5.0);
    let probes = scenario.steady_state.iter();
    let probes: f64 = probes
        .map(|probe| watched / probe.every.as_secs_f64())
        .sum();
    let unavailable = 1.0 - limits.availability.as_share();
    text += &can_conclude("availability", "health probes", probes, unavailable);
    text + &format!("  takes at most {}\n", HumanDuration(stages.total()))
}

/// Whether so many of something are enough for a limit.
fn can_conclude(what: &str, of_what: &str, made: f64, limit: f64) -> String {
    let made = made as u64;
    let none_failed = Proportion::new(0, 1).and_then(|none| requests_that_decide(none, limit));
    match (none_failed, requests_to_plan(limit)) {
        (Some(least), _) if made < least => format!(
            "  {what}: can't conclude with {made} {of_what}; {least} without a failure are the least\n"
        ),
        (_, Some(planned)) if made < planned => format!(
            "  {what}: can conclude with {made} {of_what}; nine of ten runs do with {planned}\n"
        ),
        (Some(_), Some(_)) => format!("  {what}: concludes with {made} {of_what}\n"),
        _ => format!("  {what}: nothing to conclude at this limit\n"),
    }
}
