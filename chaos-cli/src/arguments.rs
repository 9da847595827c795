//! The arguments of the command.

mod announce;
mod approval;
mod catalogue;
mod connection;
mod flag;
mod history;
mod monkey;
mod notify;
mod read;
mod schedule;
mod target;

use std::path::PathBuf;

pub(crate) use approval::{Approve, Request};
use chaos_compare::NOTICEABLE_LATENCY;
use chaos_core::adapter::HumanDuration;
use chaos_lab::report::Format;
use chaos_lab::scenario::Profile;
use clap::{Args, Parser, Subcommand};

use self::announce::Announce;
pub(crate) use self::catalogue::Adjustments;
pub(crate) use self::connection::{Connection, Token};
pub(crate) use self::flag::Flag;
pub(crate) use self::history::{Clean, Trend};
pub(crate) use self::monkey::{Monkey, MonkeyPlan, MonkeyRun};
pub(crate) use self::notify::{Notified, Notify, Push};
use self::read::read;
pub(crate) use self::schedule::{Schedule, ScheduleAction};
pub(crate) use self::target::{Doctor, TargetAddress, TargetOptions, Whereabouts};
use crate::exit::FailOn;

/// Runs fault-injection experiments, judges them and writes reports.
#[derive(Debug, Parser)]
#[command(
    name = "chaos-lab",
    version,
    after_help = "Exit codes: 0 passed, 1 violated, 2 usage, 3 aborted, 4 unreachable, 5 inconclusive or not run."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs scenarios: those of a suite, or of the catalogue.
    Run(Box<Run>),
    /// Runs scenarios at intervals or by cron.
    Schedule(Schedule),
    /// Judges a record, also one that was cut off.
    Judge(Judge),
    /// Compares two builds by records of the same suite, with the same `CHAOS_SEED` in both targets.
    Compare(Compare),
    /// Asks for the approval of an experiment: writes the text that an approver signs.
    Request(Request),
    /// Approves an experiment: signs a request with `ssh-keygen`.
    Approve(Approve),
    /// Prints a report that was written: that of a suite or a run.
    Report(Report),
    /// Prints the latest report of a suite beside the earlier ones: what changed, and the trend.
    Trend(Trend),
    /// Removes the directories of old runs.
    Clean(Clean),
    /// Lists the scenarios of a suite, or all of the catalogue.
    List(List),
    /// Checks a suite, and runs nothing.
    Validate(SuiteFile),
    /// Says what each scenario does, and whether it can conclude.
    Explain(SuiteFile),
    /// Finds the services of this machine that can be targets.
    Targets(Token),
    /// Says what this machine and a target can do, and what to do about what they can't.
    Doctor(Doctor),
    /// Starts experiments at random times, within hours and a budget.
    #[command(subcommand)]
    Monkey(Monkey),
    /// Runs an experiment while a feature flag is on, asked over OFREP.
    Flag(Flag),
    /// Sends the notifications that are left in an outbox, or tests the receivers.
    Notify(Notify),
    /// Prints the completions for a shell.
    Completions(Completions),
    /// Shows what runs on the target.
    Status(Connection),
    /// Prints the target's journal.
    Logs(Logs),
    /// Stops an experiment on the target.
    Stop(Stop),
    /// Halts everything on the target.
    Halt(Halt),
}

#[derive(Debug, Args)]
pub(crate) struct SuiteFile {
    /// The suite: a file in YAML, TOML or JSON, or a name of the catalogue.
    pub(crate) suite: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// A file in YAML, TOML or JSON, or a name of the catalogue; defaults to all of the catalogue.
    pub(crate) suite: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) file: SuiteFile,
    /// The scenarios to run, of the suite or of the catalogue; all of the suite, if none is named.
    pub(crate) scenarios: Vec<String>,
    #[command(flatten)]
    pub(crate) adjustments: Adjustments,
    #[command(flatten)]
    pub(crate) target: TargetOptions,
    /// The directory of records and reports.
    #[arg(
        long,
        visible_alias = "reports",
        default_value = "chaos-reports",
        value_name = "DIR"
    )]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) announce: Announce,
    #[command(flatten)]
    pub(crate) notified: Notified,
    #[command(flatten)]
    pub(crate) push: Push,
    /// Runs scenarios of high risk in production without a question.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Whether no person is there to answer a question.
    #[arg(skip)]
    pub(crate) is_unattended: bool,
    #[command(flatten)]
    pub(crate) judging: Judging,
}

#[derive(Debug, Args)]
pub(crate) struct Judge {
    /// The record of a run, or its directory.
    pub(crate) record: PathBuf,
    /// Judges by the limits of a profile instead of those of the scenario.
    #[arg(long, value_parser = read::<Profile>)]
    pub(crate) profile: Option<Profile>,
    #[command(flatten)]
    pub(crate) push: Push,
    #[command(flatten)]
    pub(crate) judging: Judging,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The first build: the directory of a suite or a run, or a record.
    pub(crate) a: PathBuf,
    /// The second build, likewise.
    pub(crate) b: PathBuf,
    /// The smallest difference of latency that is noticeable, unless a tenth of the latency is more.
    #[arg(long, value_parser = read::<HumanDuration>, default_value_t = HumanDuration(NOTICEABLE_LATENCY))]
    pub(crate) noticeable_latency: HumanDuration,
    /// Writes the comparison to a file as well, as a page.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) judging: Judging,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The directory of the report, or its JSON; defaults to the latest suite.
    pub(crate) path: Option<PathBuf>,
    /// The directory in which the latest suite is looked for.
    #[arg(
        long,
        visible_alias = "reports",
        default_value = "chaos-reports",
        value_name = "DIR",
        conflicts_with = "path"
    )]
    pub(crate) output: PathBuf,
    /// The format that it is printed in: markdown, html, json, junit or prometheus.
    #[arg(long, default_value = "markdown", value_parser = read::<Format>)]
    pub(crate) format: Format,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) push: Push,
}

#[derive(Debug, Args)]
pub(crate) struct Judging {
    /// Prints the report as JSON instead of Markdown.
    #[arg(long)]
    pub(crate) json: bool,
    /// What makes the command fail.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) fail_on: FailOn,
    /// The same as `--fail-on violated`.
    #[arg(long, conflicts_with = "fail_on")]
    pub(crate) fail_on_violation: bool,
}

impl Judging {
    pub(crate) fn fail_on(&self) -> FailOn {
        if self.fail_on_violation {
            FailOn::Violated
        } else {
            self.fail_on
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Logs {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Goes on printing what happens.
    #[arg(long, short)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Stop {
    /// The name of the experiment.
    pub(crate) experiment: String,
    #[command(flatten)]
    pub(crate) halt: Halt,
}

#[derive(Debug, Args)]
pub(crate) struct Halt {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// The reason, which the journal records.
    #[arg(long, default_value = "ended by hand")]
    pub(crate) why: String,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_make_sense() {
        Arguments::command().debug_assert();
    }
}
