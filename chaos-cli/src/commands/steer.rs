//! Looks at a target, and stops what runs on it.

use std::time::Duration;

use anyhow::{Result, ensure};
use chaos_core::ExperimentState;
use chaos_lab::control::Control;

use crate::arguments::{Connection, Halt, Logs, Stop};
use crate::exit::{Exit, Usage};
use crate::output::{identity, print};

/// The time between two looks at a journal that is followed.
const LOOK: Duration = Duration::from_millis(250);

pub(crate) async fn status(connection: &Connection) -> Result<Exit> {
    let control = connection.open()?;
    let overview = control.describe().await?;
    print(&identity(&overview))?;
    for halt in &overview.halts {
        print(&format!("halted by {}", halt.attribution))?;
    }
    for status in control.status().await? {
        if matches!(status.state, ExperimentState::Running { .. }) {
            let (name, injected, by) = (&status.name, status.injected, &status.attribution);
            print(&format!(
                "{name}: {injected} faults injected, started by {by}"
            ))?;
        }
    }
    Ok(Exit::Passed)
}

pub(crate) async fn logs(arguments: &Logs) -> Result<Exit> {
    let control = arguments.connection.open()?;
    let mut next = 0;
    loop {
        let page = control.since(next).await?;
        next = page.next;
        for item in &page.items {
            print(&serde_json::to_string(item)?)?;
        }
        if page.is_empty() {
            if !arguments.follow {
                return Ok(Exit::Passed);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

pub(crate) async fn stop(arguments: &Stop) -> Result<Exit> {
    let control = arguments.halt.connection.open()?;
    let (name, running) = (&arguments.experiment, control.describe().await?.running);
    let unknown = Usage(format!("no experiment named `{name}` runs"));
    ensure!(running.contains(name), unknown);
    control.stop(name, &arguments.halt.why).await?;
    print(&format!("`{name}` does not run any more"))?;
    Ok(Exit::Passed)
}

pub(crate) async fn halt(arguments: &Halt) -> Result<Exit> {
    let control = arguments.connection.open()?;
    control.halt(&arguments.why).await?;
    print("everything is halted")?;
    Ok(Exit::Passed)
}
