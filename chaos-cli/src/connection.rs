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
        Some(token) => control.token(token)?,
        None => control,
    })
}

/// The target of a run and the address of its API: what the arguments name, then the environment, then the suite.
pub(crate) fn target(run: &Run, suite: &Suite) -> Result<(Target, String), Usage> {
    let of_suite = match &run.environment {
        None => suite.target.clone(),
        Some(name) => {
            let named = suite.environments.get(name).cloned();
            let known = suite.environments.keys().map(String::as_str);
            Some(named.ok_or_else(|| Usage::unknown("environment", name, known))?)
        }
    };
    let missing = |what| {
        Usage(format!(
            "the suite names no `{what}`, and `--{what}` is not given"
        ))
    };
    let target = match (of_suite, &run.target) {
        (Some(target), None) => target,
        (Some(mut target), Some(url)) => {
            target.url.clone_from(url);
            target
        }
        (None, Some(url)) => Target::at(url),
        (None, None) => return Err(missing("target")),
    };
    let admin = run.admin.as_ref().or(target.admin.as_ref());
    let admin = admin.ok_or_else(|| missing("admin"))?.clone();
    Ok((target, admin))
}
