//! Changes, lists and carries out a schedule.

use anyhow::Result;
use chaos_lab::terminal::interrupted;
use chaos_unattended::schedule::{
    Addition, EntryState, Schedule, ScheduleState, read_schedule, system_time,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::notify::Notices;
use super::scheduled::{Scheduled, ScheduledRun};
use crate::arguments::{Notified, Schedule as Arguments, ScheduleAction};
use crate::exit::{Exit, Usage};
use crate::output::{note, print};

pub(crate) async fn schedule(arguments: Arguments) -> Result<Exit> {
    let now = system_time();
    match arguments.action {
        ScheduleAction::Add { entries: path } => {
            let entries = read_schedule(&path)?;
            if entries.is_empty() {
                note(&format!("{}: there are no entries", path.display()));
            }
            for entry in &entries {
                let refused =
                    |problem| Usage(format!("{}: `{}`: {problem}", path.display(), entry.name));
                ScheduledRun::of(entry).map_err(refused)?;
            }
            let mut schedule = Schedule::open(&arguments.file)?;
            for (name, addition) in schedule.add(entries, now)? {
                print(&match addition {
                    Addition::New => format!("{name}: added"),
                    Addition::Replaces => format!("{name}: replaced"),
                    _ => format!("{name}: known already"),
                })?;
            }
        }
        ScheduleAction::Remove { name } => {
            Schedule::open(&arguments.file)?.remove(&name, now)?;
            print(&format!("{name}: removed"))?;
        }
        ScheduleAction::List { json } => {
            let schedule = Schedule::open(&arguments.file)?;
            if schedule.state().entries.is_empty() {
                note(&format!(
                    "{}: the schedule is empty",
                    arguments.file.display()
                ));
            }
            list(schedule.state(), now, json)?;
        }
        ScheduleAction::Run(Notified { notify }) => {
            let schedule = Schedule::open(&arguments.file)?;
            let notices = Notices::begin(notify.as_deref())?;
            note(&format!(
                "{}: {}",
                arguments.file.display(),
                announcement(schedule.state())
            ));
            let watch = |event: &_| {
                // The file has it, too.
                let _ = print(&format!("{event}"));
                notices.see_schedule(event);
            };
            let runner = Scheduled { notify };
            let ended = schedule
                .run(&runner, system_time, watch, interrupted())
                .await;
            notices.end().await;
            ended?;
        }
    }
    Ok(Exit::Passed)
}

/// The number of entries, and the first one that is due.
fn announcement(state: &ScheduleState) -> String {
    let next = state.entries.values();
    let next = next
        .filter_map(|one| Some((one.next()?, one)))
        .min_by_key(|(next, _)| *next);
    match next {
        None => "the schedule is empty".to_owned(),
        Some((next, one)) => format!(
            "entries: {}; the next is `{}`, due at {}",
            state.entries.len(),
            one.entry.name,
            one.entry.when.local(next)
        ),
    }
}

fn list(state: &ScheduleState, now: Timestamp, json: bool) -> Result<()> {
    let running = |one: &EntryState| {
        let running = state.running.as_ref();
        running
            .filter(|(name, _)| *name == one.entry.name)
            .map(|(_, due)| *due)
    };
    if json {
        let entries: Vec<_> = state
            .entries
            .values()
            .map(|one| in_json(one, running(one)))
            .collect();
        print(&serde_json::to_string_pretty(&entries)?)?;
        return Ok(());
    }
    for one in state.entries.values() {
        print(&in_words(one, running(one), now))?;
    }
    Ok(())
}

fn in_json(one: &EntryState, running: Option<Timestamp>) -> Value {
    let waiting = one.waiting.as_ref();
    json!({
        "name": one.entry.name,
        "run": one.entry.run,
        "when": one.entry.when.to_string(),
        "next": one.next(),
        "running": running,
        "waiting": waiting.map(|waiting| json!({ "due": waiting.due, "why": waiting.why })),
        "last": one.last,
    })
}

fn in_words(one: &EntryState, running: Option<Timestamp>, now: Timestamp) -> String {
    let when = &one.entry.when;
    let mut text = format!("{}: {when}\n  runs {}\n", one.entry.name, one.entry.run);
    if let Some(due) = running {
        text += &format!("  started, due at {}\n", when.local(due));
    }
    if let Some(waiting) = &one.waiting {
        text += &format!(
            "  waits, due at {}: {}\n",
            when.local(waiting.due),
            waiting.why
        );
    }
    match one.next() {
        Some(next) if next <= now => text += &format!("  overdue since {}\n", when.local(next)),
        Some(next) => text += &format!("  next {}\n", when.local(next)),
        None => text += "  never due again\n",
    }
    match &one.last {
        Some(last) => text + &format!("  last {last}\n"),
        None => text + "  not run yet\n",
    }
}
