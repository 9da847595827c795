//! The arguments of schedules.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::notify::Notified;

#[derive(Debug, Args)]
pub(crate) struct Schedule {
    #[command(subcommand)]
    pub(crate) action: ScheduleAction,
    /// The file that keeps the schedule.
    #[arg(
        long,
        global = true,
        default_value = "chaos-schedule.jsonl",
        value_name = "FILE"
    )]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleAction {
    /// Adds the entries of a file, which replace those of their names.
    Add {
        /// A file in YAML, TOML or JSON, such as docs/schedule.yaml.
        entries: PathBuf,
    },
    /// Removes an entry.
    Remove {
        /// The name of the entry.
        name: String,
    },
    /// Lists the entries: when they are due, and what came of them last.
    List {
        /// Prints the entries as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Carries out what is due, until a signal ends it and the run that goes on.
    Run(Notified),
}
