//! Removes old reports and rotated journals.

use std::time::SystemTime;

use anyhow::{Context, Result};
use chaos_lab::retention::Retention;

use crate::arguments::Clean;
use crate::exit::Exit;
use crate::output::print;

pub(crate) fn clean(arguments: &Clean) -> Result<Exit> {
    let mut retention = Retention::default();
    (retention.keep, retention.older_than) = (arguments.keep, arguments.older_than);
    let (now, reports) = (SystemTime::now(), &arguments.output);
    let mut found = Vec::new();
    // With a journal there need not be reports.
    if arguments.journal.is_none() || reports.exists() {
        let runs = retention.run_directories(reports, now);
        found = runs.with_context(|| reports.display().to_string())?;
    }
    if let Some(journal) = &arguments.journal {
        let rotated = retention.rotated_journals(journal, now);
        found.extend(rotated.with_context(|| journal.display().to_string())?);
    }
    let (removed, freed) = match arguments.dry_run {
        true => ("would remove", "would free"),
        false => ("removed", "freed"),
    };
    for one in &found {
        let path = one.path.display();
        if !arguments.dry_run {
            one.remove().with_context(|| path.to_string())?;
        }
        print(&format!("{removed} {path} ({})", megabytes(one.bytes)))?;
    }
    let bytes = found.iter().map(|one| one.bytes).sum();
    print(&format!("{freed} {}", megabytes(bytes)))?;
    Ok(Exit::Passed)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
