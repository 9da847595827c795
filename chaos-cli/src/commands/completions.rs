//! Prints completions.

use anyhow::Result;
use clap::CommandFactory;

use super::run::print;
use crate::arguments::{Arguments, Completions};
use crate::exit::Exit;

pub(crate) fn completions(arguments: &Completions) -> Result<Exit> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Passed)
}
