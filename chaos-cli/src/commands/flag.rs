//! Runs an experiment while a feature flag is on.

use anyhow::Result;
use chaos_core::ExperimentFile;
use chaos_lab::terminal::interrupted;
use chaos_unattended::follow_flag;
use jiff::Timestamp;

use crate::arguments;
use crate::exit::{Exit, Usage};
use crate::output::print;

pub(crate) async fn flag(arguments: &arguments::Flag) -> Result<Exit> {
    let file = ExperimentFile::read(&arguments.experiment)?;
    let [experiment] = file.experiments() else {
        let (path, count) = (arguments.experiment.display(), file.experiments().len());
        let problem = format!("{path}: expected one experiment, as a flag arms one, found {count}");
        return Err(Usage(problem).into());
    };
    let flag = chaos_lab::Flag::new(&arguments.ofrep, &arguments.key, &arguments.targeting_key)?;
    let flag = match &arguments.ofrep_token {
        Some(token) => flag.token(token)?,
        None => flag,
    };
    let control = arguments.connection.open()?.approved_by(file.approvals());
    let seen = |event| {
        // A reader that is gone must not end what runs.
        let _ = print(&format!("{:.0} {event}", Timestamp::now()));
    };
    follow_flag(
        async || flag.is_on().await,
        experiment,
        &control,
        seen,
        interrupted(),
    )
    .await;
    Ok(Exit::Passed)
}
