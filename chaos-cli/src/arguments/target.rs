//! The options that name a target.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::connection::Token;

/// Where a target is, and where its API is.
#[derive(Debug, Args)]
pub(crate) struct TargetAddress {
    /// The URL of the target, in place of that of the suite; `auto` finds it on this machine.
    #[arg(long, value_name = "URL|auto")]
    pub(crate) target: Option<Whereabouts>,
    /// The address of the target's API, in place of that of the suite; defaults to one that answers, or else a relay.
    #[arg(long, env = "CHAOS_LAB_ADMIN")]
    pub(crate) admin: Option<String>,
    #[command(flatten)]
    pub(crate) token: Token,
}

/// The target of a run.
#[derive(Debug, Args)]
pub(crate) struct TargetOptions {
    #[command(flatten)]
    pub(crate) address: TargetAddress,
    /// The environment of the suite whose target is used; with a relay, also the one that it counts as.
    #[arg(long, visible_alias = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Starts the target with this command, and ends it after the run.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) spawn: Option<CommandLine>,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) address: TargetAddress,
    /// The directory in which reports are to be written.
    #[arg(long, default_value = "chaos-reports", value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Prints the checks as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where a target is.
#[derive(Debug, Clone)]
pub(crate) enum Whereabouts {
    /// At the only port of this machine that answers.
    Auto,
    Url(String),
}

impl From<String> for Whereabouts {
    fn from(text: String) -> Self {
        match text.as_str() {
            "auto" => Self::Auto,
            _ => Self::Url(text),
        }
    }
}

/// A program with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CommandLine(pub(crate) Vec<String>);

impl FromStr for CommandLine {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match shlex::split(text) {
            None => Err("a quote or an escape is not closed"),
            Some(words) if words.is_empty() => Err("it names no program"),
            Some(words) => Ok(Self(words)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_a_shell_does() {
        let words = |text: &str| text.parse().map(|CommandLine(words)| words);
        let expected = ["shop", "--name", "the shop", "it's"];
        let split = words(r#"shop --name 'the shop'  "it's""#);
        assert_eq!(split, Ok(expected.map(str::to_owned).to_vec()));
        assert_eq!(
            words("shop 'the"),
            Err("a quote or an escape is not closed")
        );
        assert_eq!(words("  "), Err("it names no program"));
    }
}
