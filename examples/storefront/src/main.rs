//! The demonstration: a suite of faults against the storefront, which runs as another process.

#![allow(clippy::print_stdout, reason = "a demonstration prints")]

mod serve;
mod smoke;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use storefront::{BoxError, Bug};

/// Runs a suite of faults against a shop, and reports what customers notice of them.
#[derive(Debug, Parser)]
#[command(
    name = "storefront",
    after_help = "Exit codes: 0 passed, 1 violated, 2 usage, 3 aborted, 4 not started or not reached, 5 inconclusive or not run."
)]
struct Arguments {
    /// Serves the shop until Ctrl-C instead, with the experiments of a file, which is watched.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "chaos.yaml")]
    serve: Option<PathBuf>,
    /// A mistake that the shop makes, such as `no-timeout`.
    #[arg(long, value_name = "NAME")]
    bug: Option<Bug>,
    /// The directory of records and reports.
    #[arg(long, default_value = "chaos-reports")]
    reports: PathBuf,
    /// Serves for as long as the parent process runs, and names the URL and the socket in a directory.
    #[arg(long, requires = "serve", hide = true)]
    child_in: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match (&arguments.serve, &arguments.child_in) {
        (None, _) => smoke::run(arguments.bug, &arguments.reports).await,
        (Some(_), Some(directory)) => serve::as_child(arguments.bug, directory).await,
        (Some(file), None) => serve::until_stopped(arguments.bug, file).await,
    };
    ended.unwrap_or_else(|error| failed(&error))
}

#[expect(clippy::print_stderr, reason = "errors of a command go there")]
fn failed(error: &BoxError) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(4)
}
