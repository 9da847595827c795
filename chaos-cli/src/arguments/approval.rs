//! The arguments of approvals.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::notify::Notified;

#[derive(Debug, Args)]
pub(crate) struct Request {
    /// The file with the experiment: one of experiments, or a suite.
    pub(crate) file: PathBuf,
    /// The name of the experiment.
    pub(crate) experiment: String,
    /// The name of the person that asks.
    #[arg(long)]
    pub(crate) by: String,
    /// The earliest start, such as 2026-12-03T09:00:00Z; defaults to now.
    #[arg(long)]
    pub(crate) from: Option<Timestamp>,
    /// The end of the approval; defaults to a week after the earliest start.
    #[arg(long)]
    pub(crate) until: Option<Timestamp>,
    /// The harm that is accepted, which a start of high risk needs.
    #[arg(long, default_value = "")]
    pub(crate) consent: String,
    #[command(flatten)]
    pub(crate) notified: Notified,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The file with the experiment: one of experiments, or a suite.
    pub(crate) file: PathBuf,
    /// The request, as `chaos-lab request` wrote it.
    pub(crate) request: PathBuf,
    /// The private key, or the public one of a key in an agent.
    #[arg(long)]
    pub(crate) key: PathBuf,
    /// Signs without a question.
    #[arg(long)]
    pub(crate) yes: bool,
}
