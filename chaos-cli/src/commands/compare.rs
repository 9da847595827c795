//! Compares two builds by their records.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use chaos_compare::compare as compare_records;
use chaos_lab::record::{Line, Opened, find_records, read_record};

use super::run::print;
use crate::arguments::Compare;
use crate::exit::Exit;

pub(crate) fn compare(arguments: &Compare) -> Result<Exit> {
    let (a, b) = (records(&arguments.a)?, records(&arguments.b)?);
    let comparison = compare_records(&a, &b, arguments.noticeable_latency.0);
    if let Some(path) = &arguments.html {
        fs::write(path, comparison.to_html()).with_context(|| path.display().to_string())?;
    }
    if arguments.judging.json {
        print(&serde_json::to_string_pretty(&comparison)?)?;
    } else {
        print(&comparison.to_markdown())?;
    }
    let fail_on = arguments.judging.fail_on();
    Ok(Exit::of_verdict(&comparison.verdict, fail_on))
}

fn records(path: &Path) -> Result<Vec<(Opened, Vec<Line>)>> {
    let found = find_records(path).with_context(|| path.display().to_string())?;
    found.iter().map(|path| record(path)).collect()
}

/// Reads a record; its errors name it.
pub(crate) fn record(path: &Path) -> Result<(Opened, Vec<Line>)> {
    let named = || path.display().to_string();
    let text = fs::read_to_string(path).with_context(named)?;
    read_record(&text).with_context(named)
}
