//! Starts experiments at random times, or shows when it would.

use std::time::SystemTime;

use anyhow::Result;
use chaos_core::adapter::HumanDuration;
use chaos_lab::terminal::interrupted;
use chaos_unattended::{Monkey, MonkeyEvent, Strike, rules};
use jiff::Timestamp;
use serde_json::json;

use super::notify::Notices;
use crate::arguments::{MonkeyPlan, MonkeyRun};
use crate::exit::Exit;
use crate::output::{note, print};

pub(crate) async fn run(arguments: &MonkeyRun) -> Result<Exit> {
    let mut monkey = Monkey::read(&arguments.file)?;
    if arguments.dry_run {
        monkey = monkey.dry_run();
    }
    let control = arguments.connection.open()?.approved_by(monkey.approvals());
    let notices = Notices::begin(arguments.notified.notify.as_deref())?;
    let seen = |event: MonkeyEvent<'_>| {
        // A reader that is gone must not end a strike.
        let _ = print(&format!("{:.0} {event}", Timestamp::now()));
        notices.see_monkey(&event);
    };
    monkey
        .run(&control, SystemTime::now, seen, interrupted())
        .await;
    notices.end().await;
    Ok(Exit::Passed)
}

pub(crate) fn plan(arguments: &MonkeyPlan) -> Result<Exit> {
    let monkey = Monkey::read(&arguments.file)?;
    let start = arguments
        .from
        .map_or_else(SystemTime::now, SystemTime::from);
    let end = start + arguments.length.0;
    let mut strikes = monkey
        .strikes(start)
        .take_while(|strike| strike.at < end)
        .peekable();
    if strikes.peek().is_none() {
        note("no strike in this time");
    }
    for strike in strikes {
        print(&match arguments.json {
            true => in_json(&strike)?,
            false => in_words(&monkey, &strike)?,
        })?;
    }
    Ok(Exit::Passed)
}

/// The time as a clock in the time zone of the policy shows it, and the experiment.
fn in_words(monkey: &Monkey, strike: &Strike<'_>) -> Result<String> {
    let zone = rules(monkey.policy().zone());
    let at = Timestamp::try_from(strike.at)?.to_zoned(zone);
    let length = HumanDuration(strike.experiment.runs_for());
    let name = strike.experiment.name();
    Ok(format!(
        "{}  {name} ({length})",
        at.strftime("%a %Y-%m-%d %H:%M %:z")
    ))
}

fn in_json(strike: &Strike<'_>) -> Result<String> {
    let time = |time| Timestamp::try_from(time).map(|time| time.to_string());
    let (at, end) = (time(strike.at)?, time(strike.end())?);
    let (interval, experiment) = (strike.interval, strike.experiment.name());
    Ok(json!({ "at": at, "end": end, "interval": interval, "experiment": experiment }).to_string())
}
