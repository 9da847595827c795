//! Lists and checks scenarios.

use std::path::Path;

use anyhow::Result;
use chaos_lab::catalogue::{Catalogue, CatalogueScenario, Chosen};
use chaos_lab::scenario::{Suite, SuiteEntry};

use super::run::print;
use crate::arguments::SuiteFile;
use crate::exit::Exit;
use crate::source::is_file;

pub(crate) fn list(suite: Option<&Path>) -> Result<Exit> {
    let Some(suite) = suite else {
        return list_catalogue();
    };
    if !is_file(suite) {
        for chosen in Catalogue::embedded().find(&suite.to_string_lossy())? {
            print(&line(chosen.scenario))?;
        }
        return Ok(Exit::Passed);
    }
    for entry in &Suite::read(suite)?.entries {
        match entry {
            SuiteEntry::Catalogue(entry) => {
                for Chosen { scenario, .. } in Catalogue::embedded().find(&entry.name)? {
                    print(&line(scenario))?;
                }
            }
            SuiteEntry::Scenario(scenario) => match &scenario.why {
                Some(why) => print(&format!("{}: {why}", scenario.name))?,
                None => print(&scenario.name)?,
            },
            _ => {}
        }
    }
    Ok(Exit::Passed)
}

fn list_catalogue() -> Result<Exit> {
    let catalogue = Catalogue::embedded();
    for category in &catalogue.categories {
        print(&format!("{}: {}", category.name, category.why))?;
        for scenario in &category.scenarios {
            print(&format!("  {}", line(scenario)))?;
        }
    }
    print("suites, besides each category and `all`:")?;
    for suite in &catalogue.suites {
        let names = [&suite.name].into_iter().chain(&suite.aliases);
        let names: Vec<_> = names.map(String::as_str).collect();
        let (names, why, scenarios) = (names.join(", "), &suite.why, suite.scenarios.join(", "));
        print(&format!("  {names}: {why}\n    {scenarios}"))?;
    }
    Ok(Exit::Passed)
}

fn line(scenario: &CatalogueScenario) -> String {
    let intensities = match &scenario.intensities()[..] {
        [_] => String::new(),
        several => {
            let names: Vec<_> = several.iter().map(ToString::to_string).collect();
            format!("{}; ", names.join(", "))
        }
    };
    let (name, risk, why) = (&scenario.name, scenario.risk, &scenario.why);
    format!("{name} ({intensities}risk {risk}): {why}")
}

pub(crate) fn validate(file: &SuiteFile) -> Result<Exit> {
    let suite = Suite::read(&file.suite)?;
    print(&format!(
        "{} is valid; scenarios: {}",
        file.suite.display(),
        suite.entries.len()
    ))?;
    Ok(Exit::Passed)
}
