//! Judges a record.

use anyhow::Result;
use chaos_lab::judge as judge_record;

use super::compare::record;
use super::run::print;
use crate::arguments::Judge;
use crate::exit::Exit;

pub(crate) fn judge(arguments: &Judge) -> Result<Exit> {
    let (opened, lines) = record(&arguments.record)?;
    let limits = match arguments.profile {
        Some(profile) => profile.limits(),
        None => opened.scenario.objectives.limits(),
    };
    let report = judge_record(&opened, &lines, &limits);
    if arguments.judging.json {
        print(&serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report.to_markdown())?;
    }
    Ok(Exit::of_verdict(
        &report.verdict,
        arguments.judging.fail_on(),
    ))
}
