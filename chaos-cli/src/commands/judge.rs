//! Judges a record.

use anyhow::Result;
use chaos_lab::judge as judge_record;

use super::compare::record;
use crate::arguments::Judge;
use crate::exit::Exit;

pub(crate) fn judge(arguments: &Judge) -> Result<Exit> {
    let (opened, lines) = record(&arguments.record)?;
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
