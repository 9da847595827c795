//! Finds the services of this machine.

use anyhow::Result;
use chaos_core::Overview;
use chaos_lab::control::Control;
use chaos_lab::discovery::{State, look_at_ports};

use super::run::print;
use crate::arguments::Token;
use crate::connection::open;
use crate::exit::Exit;
use crate::search::{admins, ports, variable};

pub(crate) async fn targets(token: &Token) -> Result<Exit> {
    let found = look_at_ports(&ports(variable)?).await;
    for one in &found {
        print(&format!("{}  {}", one.url, one.state))?;
        let advice = one.state.advice().filter(|_| one.state != State::Closed);
        if let Some(advice) = advice {
            print(&format!("  {advice}"))?;
        }
    }
    for (name, address) in admins(variable) {
        let described = match open(&address, token) {
            Ok(control) => control.describe().await.map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        let state = described.map_or_else(|error| error.to_string(), |overview| api(&overview));
        print(&format!("{name}={address}  {}", state.escape_debug()))?;
    }
    if found.iter().any(|one| one.state.is_healthy()) {
        return Ok(Exit::Passed);
    }
    print(
        "no service is healthy: start one, name its port in CHAOS_TARGET_PORT, or its URL with `--target`",
    )?;
    Ok(Exit::Unreachable)
}

fn api(overview: &Overview) -> String {
    let environment = overview.environment.map(|one| one.to_string());
    let environment = environment.as_deref().unwrap_or("not stated");
    format!(
        "API of the instance {}, environment {environment}",
        overview.instance
    )
}
