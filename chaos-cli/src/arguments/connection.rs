//! Where the API of a target is.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// The address of the target's API, such as `unix:/run/orders.sock` or `127.0.0.1:9901`.
    #[arg(long, env = "CHAOS_LAB_ADMIN")]
    pub(crate) admin: String,
    #[command(flatten)]
    pub(crate) token: Token,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// The token of an operator.
    #[arg(long = "token", env = "CHAOS_LAB_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}
