//! Judges a record, and compares those of two builds.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use chaos_compare::compare as compare_records;
use chaos_lab::judge as judge_record;
use chaos_lab::record::{Line, Opened, find_records, read_record};

use crate::arguments::{Compare, Judge};
use crate::exit::{Exit, Usage};
use crate::output::note;

pub(crate) fn compare(arguments: &Compare) -> Result<Exit> {
    let (a, b) = (records(&arguments.a)?, records(&arguments.b)?);
    let comparison = compare_records(&a, &b, arguments.noticeable_latency.0);
    if let Some(path) = &arguments.html {
        fs::write(path, comparison.to_html()).with_context(|| path.display().to_string())?;
    }
    let markdown = comparison.to_markdown();
    arguments
        .judging
        .conclude(&comparison, &markdown, &comparison.verdict)
}

fn records(path: &Path) -> Result<Vec<(Opened, Vec<Line>)>> {
    let found = find_records(path).with_context(|| path.display().to_string())?;
    found.iter().map(|path| record(path)).collect()
}

/// Reads a record; its errors name it.
fn record(path: &Path) -> Result<(Opened, Vec<Line>)> {
    let named = || path.display().to_string();
    let text = fs::read_to_string(path).with_context(named)?;
    read_record(&text).with_context(named)
}

pub(crate) async fn judge(arguments: &Judge) -> Result<Exit> {
    let path = &arguments.record;
    let found = find_records(path).with_context(|| path.display().to_string())?;
    let [path] = &found[..] else {
        let problem = "there are several runs in it; each is judged by itself";
        return Err(Usage(format!("{}: {problem}", path.display())).into());
    };
    let (opened, lines) = record(path)?;
    let limits = match arguments.profile {
        Some(profile) => profile.limits(),
        None => opened.scenario.objectives.limits(),
    };
    let report = judge_record(&opened, &lines, &limits);
    let markdown = report.to_markdown();
    let exit = arguments
        .judging
        .conclude(&report, &markdown, &report.verdict)?;
    if let Some(gateway) = &arguments.push.push
        && let Err(error) = gateway.push_run(&report).await
    {
        note(&error.to_string());
    }
    Ok(exit)
}
