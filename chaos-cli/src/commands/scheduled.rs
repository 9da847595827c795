//! Carries out the runs of a schedule as `chaos-lab run` does.

use std::path::PathBuf;

use chaos_lab::scenario::{Check, Target};
use chaos_lab::{RunError, check_health};
use chaos_unattended::schedule::{RunOutcome, Runner, ScheduleEntry};
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser};

use super::run::run_until;
use crate::arguments::Run;
use crate::exit::with_causes;
use crate::source;

/// What follows `chaos-lab run`.
#[derive(Debug, Parser)]
#[command(name = "chaos-lab run", no_binary_name = true)]
struct Words {
    #[command(flatten)]
    run: Run,
}

/// A run as an entry asks for it.
pub(crate) struct ScheduledRun {
    run: Run,
    target: Target,
}

impl ScheduledRun {
    /// Reads what an entry runs; the error says what makes no sense about it.
    pub(crate) fn of(entry: &ScheduleEntry) -> Result<Self, String> {
        let words = shlex::split(&entry.run);
        let words = words.ok_or("`run`: a quote or an escape is not closed")?;
        if words.iter().all(String::is_empty) {
            return Err("`run`: expected what follows `chaos-lab run`, found nothing".to_owned());
        }
        if words.iter().any(|word| has_account(word)) {
            let problem =
                "`run`: the file of a schedule has no secrets, so no URL in it has an account";
            return Err(problem.to_owned());
        }
        let invalid = |error: clap::Error| {
            let text = error.render().to_string();
            let text = text.lines().next().unwrap_or_default();
            format!("`run`: {}", text.trim_start_matches("error: "))
        };
        let matches = Words::command()
            .try_get_matches_from(words)
            .map_err(invalid)?;
        if matches.value_source("token") == Some(ValueSource::CommandLine) {
            let problem =
                "`run`: the file of a schedule has no secrets; CHAOS_LAB_TOKEN has the token";
            return Err(problem.to_owned());
        }
        let mut run = Words::from_arg_matches(&matches).map_err(invalid)?.run;
        run.is_unattended = true;
        let suite = source::suite(&run).map_err(|error| with_causes(&error))?;
        source::entries(&run, &suite).map_err(|error| error.to_string())?;
        let mut target = run.target.of(&suite).map_err(|error| error.to_string())?;
        if entry.alertmanager.is_some() {
            target.alertmanager.clone_from(&entry.alertmanager);
        }
        let is_there_before = !target.url.is_empty() && target.command.is_empty();
        for probe in &entry.wait_until {
            let missing = match &probe.check {
                Check::Http { .. } if !is_there_before => {
                    "`http` needs a target with a URL that is there before the run"
                }
                Check::Prometheus(_) if target.prometheus.is_none() => {
                    "`prometheus` needs a target that names its server"
                }
                _ => continue,
            };
            return Err(format!("`wait_until`: `{}`: {missing}", probe.name()));
        }
        Ok(Self { run, target })
    }
}

/// Whether a word is a URL with an account, such as `http://anna:secret@localhost`.
fn has_account(word: &str) -> bool {
    let authority = word
        .split_once("://")
        .map(|(_, rest)| rest.split('/').next());
    authority
        .flatten()
        .is_some_and(|authority| authority.contains('@'))
}

/// Carries out the runs of a schedule in this process.
pub(crate) struct Scheduled {
    /// The file of notifications of runs that name none themselves.
    pub(crate) notify: Option<PathBuf>,
}

impl Runner for Scheduled {
    async fn ready(&self, entry: &ScheduleEntry) -> Result<(), String> {
        // The run itself says what makes no sense about it.
        let Ok(ScheduledRun { target, .. }) = ScheduledRun::of(entry) else {
            return Ok(());
        };
        let checked = check_health(&entry.wait_until, &target).await;
        checked.map_err(|error| match error {
            RunError::NotSteady(probe, found) => format!("`{probe}`: {found}"),
            other => other.to_string(),
        })
    }

    async fn run(&self, entry: &ScheduleEntry, stop: impl Future<Output = String>) -> RunOutcome {
        let run = match ScheduledRun::of(entry) {
            Ok(ScheduledRun { mut run, .. }) => {
                let of_run = run.notified.notify.take();
                run.notified.notify = of_run.or_else(|| self.notify.clone());
                run
            }
            Err(problem) => return RunOutcome::not_run(problem),
        };
        match run_until(&run, stop).await {
            Ok(ended) => RunOutcome {
                verdict: ended.verdict,
                reports: Some(ended.directory),
            },
            Err(error) => RunOutcome::not_run(with_causes(&error)),
        }
    }
}
