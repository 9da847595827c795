//! Lists and checks the scenarios of a suite.

use anyhow::Result;
use chaos_lab::scenario::Suite;

use super::run::print;
use crate::arguments::SuiteFile;
use crate::exit::Exit;

pub(crate) fn list(file: &SuiteFile) -> Result<Exit> {
    let suite = Suite::read(&file.suite)?;
    for scenario in &suite.scenarios {
        match &scenario.why {
            Some(why) => print(&format!("{}: {why}", scenario.name))?,
            None => print(&scenario.name)?,
        }
    }
    Ok(Exit::Passed)
}

pub(crate) fn validate(file: &SuiteFile) -> Result<Exit> {
    let suite = Suite::read(&file.suite)?;
    print(&format!(
        "{} is valid; scenarios: {}",
        file.suite.display(),
        suite.scenarios.len()
    ))?;
    Ok(Exit::Passed)
}
