//! The arguments of `chaos-lab flag`.

use std::path::PathBuf;

use clap::Args;

use super::connection::Connection;

#[derive(Debug, Args)]
pub(crate) struct Flag {
    /// The key of the flag.
    pub(crate) key: String,
    /// The file of the experiment, which is the only one in it.
    pub(crate) experiment: PathBuf,
    /// The URL of the service that evaluates flags over OFREP, such as `http://127.0.0.1:8016`.
    #[arg(long, env = "CHAOS_LAB_OFREP", value_name = "URL")]
    pub(crate) ofrep: String,
    /// The token for it.
    #[arg(
        long,
        env = "CHAOS_LAB_OFREP_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(crate) ofrep_token: Option<String>,
    /// What the flag is evaluated for.
    #[arg(long, default_value = "chaos-lab", value_name = "KEY")]
    pub(crate) targeting_key: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
