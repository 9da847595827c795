//! Prints a report that was written.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chaos_lab::report::{Format, WrittenReport};

use crate::arguments::Report;
use crate::exit::{Exit, Usage};
use crate::output::print;

pub(crate) async fn report(arguments: &Report) -> Result<Exit> {
    let path = match &arguments.path {
        Some(path) => path.clone(),
        None => latest(&arguments.output)?,
    };
    let report = WrittenReport::read(&path)?;
    let format = match arguments.json {
        true => Format::Json,
        false => arguments.format,
    };
    print(&report.written_in(format))?;
    if let Some(gateway) = &arguments.push.push {
        gateway.push(&report).await?;
    }
    Ok(Exit::Passed)
}

/// The directory with the latest time in its name.
fn latest(reports: &Path) -> Result<PathBuf> {
    let named = || reports.display().to_string();
    let entries = fs::read_dir(reports).with_context(named)?;
    let paths = entries.map(|entry| Ok(entry.with_context(named)?.path()));
    let paths = paths.collect::<Result<Vec<_>>>()?;
    let latest = paths.into_iter().filter(|path| path.is_dir()).max();
    latest.ok_or_else(|| Usage(format!("{}: there is no report in it", named())).into())
}
