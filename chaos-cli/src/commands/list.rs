//! Lists and checks scenarios.

use std::path::Path;

use anyhow::Result;
use chaos_lab::catalogue::{Catalogue, CatalogueSuite};
use chaos_lab::scenario::{Suite, SuiteEntry};

use super::run::print;
use crate::arguments::SuiteFile;
use crate::exit::Exit;
use crate::source::is_file;

pub(crate) fn list(suite: Option<&Path>) -> Result<Exit> {
    let catalogue = Catalogue::embedded();
    match suite {
        None => {
            for category in &catalogue.categories {
                print(&format!("{}: {}", category.name, category.why))?;
                list_found(&category.name, "  ")?;
            }
            for CatalogueSuite {
                name,
                aliases,
                why,
                scenarios,
                ..
            } in &catalogue.suites
            {
                let names = [&[name.clone()][..], aliases].concat().join(", ");
                print(&format!("{names}: {why}\n  {}", scenarios.join(", ")))?;
            }
        }
        Some(file) if is_file(file) => {
            for entry in &Suite::read(file)?.entries {
                match entry {
                    SuiteEntry::Scenario(scenario) => match &scenario.why {
                        Some(why) => print(&format!("{}: {why}", scenario.name))?,
                        None => print(&scenario.name)?,
                    },
                    SuiteEntry::Catalogue(entry) => list_found(&entry.name, "")?,
                    _ => {}
                }
            }
        }
        Some(name) => list_found(&name.to_string_lossy(), "")?,
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
    let suite = Suite::read(&file.suite)?;
    print(&format!(
        "{} is valid; scenarios: {}",
        file.suite.display(),
        suite.entries.len()
    ))?;
    Ok(Exit::Passed)
}
