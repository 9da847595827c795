//! Lists and checks scenarios.

use std::path::Path;

use anyhow::Result;
use chaos_lab::catalogue::Catalogue;
use chaos_lab::scenario::SuiteEntry;

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
