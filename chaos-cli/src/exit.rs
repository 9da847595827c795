//! The exit codes of the command.

use std::process::ExitCode;

use chaos_lab::control::ControlError;
use chaos_lab::report::PushError;
use chaos_lab::{RunError, StartError, SuiteRunError, Verdict};
use clap::ValueEnum;

use crate::terminal_text::without_controls;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Passed = 0,
    Violated = 1,
    Usage = 2,
    Aborted = 3,
    Unreachable = 4,
    /// Not run, too.
    Inconclusive = 5,
}

/// What makes the command fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Anything that is not known to be good.
    #[default]
    Inconclusive,
    /// What is known to be bad.
    Violated,
    /// No verdict; usage, an abort and an unreachable target still fail.
    Never,
}

/// The arguments, or what they name, make no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

impl Exit {
    pub(crate) fn of_verdict(verdict: &Verdict, fail_on: FailOn) -> Self {
        let exit = match verdict {
            Verdict::Met => Self::Passed,
            Verdict::Violated => Self::Violated,
            Verdict::Aborted { .. } => Self::Aborted,
            _ => Self::Inconclusive,
        };
        match (exit, fail_on) {
            (Self::Inconclusive, FailOn::Violated | FailOn::Never)
            | (Self::Violated, FailOn::Never) => Self::Passed,
            (exit, _) => exit,
        }
    }

    /// Prints an error, and returns the code that it has.
    #[expect(clippy::print_stderr, reason = "errors of a command go there")]
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        eprintln!("error: {}", without_controls(&with_causes(error)));
        let run = error.downcast_ref::<SuiteRunError>();
        let control = match run {
            Some(SuiteRunError::Run(RunError::Control(control))) => Some(control),
            _ => error.downcast_ref(),
        };
        match (control, run) {
            (Some(ControlError::Unreachable(..) | ControlError::Foreign(..)), _) => {
                Self::Unreachable
            }
            (Some(ControlError::Refused(_)), _) => Self::Aborted,
            _ if error.is::<StartError>() || error.is::<PushError>() => Self::Unreachable,
            (_, None | Some(SuiteRunError::Run(RunError::Load(_) | RunError::Probe(..)))) => {
                Self::Usage
            }
            _ => Self::Aborted,
        }
    }
}

/// The text of an error with its causes.
pub(crate) fn with_causes(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Some errors say their cause themselves.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verdict_has_its_code() {
        let inconclusive = Verdict::Inconclusive {
            why: String::new(),
            needed: None,
        };
        let aborted = Verdict::Aborted { why: String::new() };
        let code = |verdict: &Verdict, fail_on| Exit::of_verdict(verdict, fail_on) as u8;
        let expected = [
            (FailOn::Inconclusive, [0, 1, 5, 3]),
            (FailOn::Violated, [0, 1, 0, 3]),
            (FailOn::Never, [0, 0, 0, 3]),
        ];
        for (fail_on, codes) in expected {
            let verdicts = [&Verdict::Met, &Verdict::Violated, &inconclusive, &aborted];
            assert_eq!(
                verdicts.map(|verdict| code(verdict, fail_on)),
                codes,
                "{fail_on:?}"
            );
        }
    }
}
