//! What the command prints.

use std::io::{self, Write};

use anyhow::Result;
use chaos_core::Overview;
use chaos_lab::Verdict;
use serde::Serialize;

use crate::arguments::Judging;
use crate::exit::Exit;
use crate::terminal_text::without_controls;

/// Prints a result; a reader that is gone is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", without_controls(text.trim_end())).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[expect(clippy::print_stderr, reason = "notes of a command go there")]
pub(crate) fn note(text: &str) {
    eprintln!("{}", without_controls(text));
}

/// The instance that answers, and its environment.
pub(crate) fn identity(overview: &Overview) -> String {
    let (instance, environment) = (&overview.instance, overview.environment);
    let environment = environment.map_or("not stated".to_owned(), |one| one.to_string());
    format!("instance {instance}, environment {environment}")
}

impl Judging {
    /// Prints a report, and returns the exit code of its verdict.
    pub(crate) fn conclude(
        &self,
        report: &impl Serialize,
        markdown: &str,
        verdict: &Verdict,
    ) -> Result<Exit> {
        match self.json {
            true => print(&serde_json::to_string_pretty(report)?)?,
            false => print(markdown)?,
        }
        Ok(Exit::of_verdict(verdict, self.fail_on()))
    }
}
