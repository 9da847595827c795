//! Judges a record.

use anyhow::{Context, Result};
use chaos_lab::judge as judge_record;
use chaos_lab::record::find_records;

use super::compare::record;
use crate::arguments::Judge;
use crate::exit::{Exit, Usage};

pub(crate) fn judge(arguments: &Judge) -> Result<Exit> {
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
    arguments
        .judging
        .conclude(&report, &markdown, &report.verdict)
}
