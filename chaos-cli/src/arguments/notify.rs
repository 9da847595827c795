//! The arguments of notifications and pushes.

use std::path::PathBuf;

use chaos_lab::report::Pushgateway;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Notify {
    /// The file of notifications.
    pub(crate) file: PathBuf,
    /// Sends a test message to each receiver, in place of what is left in the outbox.
    #[arg(long)]
    pub(crate) test: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Notified {
    /// Notifies the receivers of this file, by webhooks and e-mail.
    #[arg(long, value_name = "FILE")]
    pub(crate) notify: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Push {
    /// Pushes the metrics of the report to the Pushgateway at this URL.
    #[arg(long, value_name = "URL", value_parser = Pushgateway::at)]
    pub(crate) push: Option<Pushgateway>,
}
