//! Prints the latest report of a suite beside the earlier ones.

use anyhow::{Context, Result};
use chaos_lab::trend::History;

use crate::arguments::Trend;
use crate::exit::{Exit, Usage};
use crate::output::{note, print};

pub(crate) fn trend(arguments: &Trend) -> Result<Exit> {
    let named = || arguments.output.display().to_string();
    let suite = arguments.suite.as_deref();
    let history = History::read(&arguments.output, suite).with_context(named)?;
    for problem in &history.unread {
        note(&format!("left out: {problem}"));
    }
    let Some(latest) = history.into_latest() else {
        let of = suite.map_or_else(String::new, |suite| format!(" of {suite:?}"));
        return Err(Usage(format!("{}: there is no report{of} in it", named())).into());
    };
    print(&latest.written_in(arguments.format))?;
    Ok(Exit::Passed)
}
