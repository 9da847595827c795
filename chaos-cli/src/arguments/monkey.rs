//! The arguments of `chaos-lab monkey`.

use std::path::PathBuf;

use chaos_core::adapter::HumanDuration;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::connection::Connection;
use super::notify::Notified;
use super::read::read;

#[derive(Debug, Subcommand)]
pub(crate) enum Monkey {
    /// Starts experiments at random times on a target, until a signal.
    Run(MonkeyRun),
    /// Prints when it strikes and with what; the same file always gives the same plan.
    Plan(MonkeyPlan),
}

#[derive(Debug, Args)]
pub(crate) struct MonkeyRun {
    /// The file of the monkey, in YAML, TOML or JSON.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Has the target decide on and record every strike, and inject nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) notified: Notified,
}

#[derive(Debug, Args)]
pub(crate) struct MonkeyPlan {
    /// The file of the monkey, in YAML, TOML or JSON.
    pub(crate) file: PathBuf,
    /// The beginning, such as `2026-12-01T00:00:00Z`; defaults to now.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// The length.
    #[arg(long = "for", value_name = "DURATION", value_parser = read::<HumanDuration>, default_value = "720h")]
    pub(crate) length: HumanDuration,
    /// Prints one JSON document for each strike.
    #[arg(long)]
    pub(crate) json: bool,
}
