//! Finds the target of a command.

use anyhow::Result;
use chaos_lab::control::RemoteControl;
use chaos_lab::scenario::{Suite, Target};

use crate::arguments::{Connection, Run, Token};
use crate::exit::Usage;

impl Connection {
    pub(crate) fn open(&self) -> Result<RemoteControl> {
        open(&self.admin, &self.token)
    }
}

pub(crate) fn open(address: &str, Token { token }: &Token) -> Result<RemoteControl> {
    let control = RemoteControl::new(address)?;
    Ok(match token {
        Some(token) => control.token(token),
        None => control,
    })
}

/// The target of a run: what the arguments name, then the environment, then the suite.
pub(crate) fn target(run: &Run, suite: &Suite) -> Result<Target, Usage> {
    let of_suite = match &run.environment {
        None => suite.target.as_ref(),
        Some(name) => Some(suite.environments.get(name).ok_or_else(|| {
            let known: Vec<_> = suite.environments.keys().map(String::as_str).collect();
            Usage(format!(
                "no environment is named `{name}`; the suite has: {}",
                known.join(", ")
            ))
        })?),
    };
    let missing = |what| {
        Usage(format!(
            "no target: the suite has none, and `--{what}` is not given"
        ))
    };
    let url = run.target.as_ref().or(of_suite.map(|target| &target.url));
    let admin = run.admin.as_ref().or(of_suite.map(|target| &target.admin));
    Ok(Target::new(
        url.ok_or_else(|| missing("target"))?,
        admin.ok_or_else(|| missing("admin"))?,
    ))
}
