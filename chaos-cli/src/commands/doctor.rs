//! Finds the services of this machine, and says what it and a target can do.

use anyhow::Result;
use chaos_lab::control::{Control, ControlError};
use chaos_lab::discovery::{Found, State, look_at, look_at_ports};
use chaos_lab::doctor::{Check, Level, examine_api, examine_machine, examine_service};

use crate::arguments::{Doctor, Token, Whereabouts};
use crate::connection::open;
use crate::exit::Exit;
use crate::output::{identity, print};
use crate::search::{Search, admins, ports, variable};

pub(crate) async fn doctor(arguments: &Doctor) -> Result<Exit> {
    let (mut checks, mut is_reached) = (examine_machine(&arguments.output), true);
    let found = match target(arguments).await {
        Ok(found) => found,
        Err(error) => {
            is_reached = false;
            let advice = "start it, or name it with `--target URL`";
            checks.push(Check::problem("target", error.to_string(), advice));
            None
        }
    };
    if let Some(found) = &found {
        checks.extend(examine_service(found).await);
        is_reached = found.state.answers();
    }
    // The same as in a run.
    let mut addresses: Vec<_> = found.iter().map(|found| found.address.clone()).collect();
    if !matches!(arguments.address.target, Some(Whereabouts::Url(_))) {
        addresses.extend(admins(variable).into_iter().map(|(_, address)| address));
    }
    match arguments.address.api(addresses).await? {
        Some((address, control)) => match examine_api(&control, found.as_ref()).await {
            Ok(of_api) => checks.extend(of_api),
            Err(error) => {
                is_reached &= !matches!(error, ControlError::Unreachable(..));
                checks.push(refused(&address, &error));
            }
        },
        None if found.is_some() => checks.push(Check::warning(
            "admin",
            "no API of chaos-admin answers",
            "only `streams_to: target` can be struck, through a relay: open the API in the target, and name it with `--admin`",
        )),
        None => {}
    }
    if arguments.json {
        print(&serde_json::to_string_pretty(&checks)?)?;
    } else {
        for check in &checks {
            print(&check.to_string())?;
        }
    }
    let is_problem = checks.iter().any(|check| check.level == Level::Problem);
    Ok(match (is_reached, is_problem) {
        (false, _) => Exit::Unreachable,
        (true, true) => Exit::Inconclusive,
        (true, false) => Exit::Passed,
    })
}

/// What is at the target; nothing if only its API is named.
async fn target(arguments: &Doctor) -> Result<Option<Found>> {
    let url = match &arguments.address.target {
        Some(Whereabouts::Url(url)) => url.clone(),
        None if arguments.address.admin.is_some() => return Ok(None),
        _ => Search::new()?.find(None).await?,
    };
    Ok(Some(look_at(&url).await?))
}

fn refused(address: &str, error: &ControlError) -> Check {
    let (finding, advice) = match error {
        ControlError::Refused(_) => (
            format!("{address}: {error}"),
            "give a token of CHAOS_ADMIN_OPERATOR_TOKENS with `--token` or CHAOS_LAB_TOKEN",
        ),
        _ => (
            error.to_string(),
            "does the target run, with CHAOS_ADMIN at this address and the feature `inject`?",
        ),
    };
    Check::problem("admin", finding, advice)
}

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
        let state = match described {
            Ok(overview) => format!("API of the {}", identity(&overview)),
            Err(error) => error.to_string(),
        };
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
