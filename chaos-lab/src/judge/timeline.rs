//! What happened in a run, in the order of time.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use chaos_core::Event;
use chaos_core::journal::JournalItem;

use super::recorded::Recorded;
use crate::record::{Line, RecordEntry};
use crate::report::{BrokenRule, Happening, Recovery};
use crate::scenario::Stage;

impl Recorded<'_> {
    /// What happened.
    pub(super) fn timeline(
        &self,
        broken: &[BrokenRule],
        recovery: Option<&Recovery>,
    ) -> Vec<Happening> {
        let mut struck = HashSet::new();
        let clock = self.clock_of_target();
        let recorded = self.lines.iter().filter_map(|line| {
            let at = match (journalled(line), clock) {
                (Some(at), Some(clock)) => at.saturating_sub(clock),
                _ => line.at.0,
            };
            Some((at, in_words(&line.entry, &mut struck)?))
        });
        let mut happened: Vec<_> = recorded.collect();
        happened.extend(self.first_failure());
        happened.extend(self.first_unwell());
        happened.extend(broken.iter().map(|rule| {
            let (name, why) = (&rule.rule, &rule.why);
            (
                rule.at.0,
                format!("the business rule `{name}` is found broken: {why}"),
            )
        }));
        if let Some((recovery, over)) = recovery.zip(self.start(Stage::Recover)) {
            happened.extend(recovery.stages.iter().filter_map(|one| {
                Some((over + one.reached?.0, format!("recovered: {}", one.stage)))
            }));
        }
        happened.sort_by_key(|(at, _)| *at);
        let happened = happened.into_iter();
        happened
            .map(|(at, what)| Happening::new(at, what))
            .collect()
    }

    /// What the clock of the target showed at the start of the run, by the entry of its journal that was read the soonest.
    fn clock_of_target(&self) -> Option<Duration> {
        let entries = self.lines.iter();
        let starts = entries.filter_map(|line| journalled(line)?.checked_sub(line.at.0));
        starts.max()
    }

    /// The first request that fails from the fault on.
    fn first_failure(&self) -> Option<(Duration, String)> {
        let requests = self.requests(self.from(Stage::Inject));
        let failed = requests.filter(|sample| !sample.ok);
        let failed = failed.map(|sample| (sample.due.0 + sample.took.0, &sample.answer));
        let (at, answer) = failed.min_by_key(|(at, _)| *at)?;
        Some((at, format!("the first request fails: {answer}")))
    }

    /// The first look of a health probe that is bad from the fault on.
    fn first_unwell(&self) -> Option<(Duration, String)> {
        let mut probes = self.probes(self.from(Stage::Inject));
        probes.find_map(|(at, probe)| {
            let (name, problem) = (&probe.probe, probe.problem.as_ref()?);
            Some((
                at,
                format!("the health probe `{name}` first fails: {problem}"),
            ))
        })
    }
}

/// What the clock of the target showed, if a line is of its journal.
fn journalled(line: &Line) -> Option<Duration> {
    match &line.entry {
        RecordEntry::Journal(JournalItem::Entry(entry)) => {
            entry.at.duration_since(SystemTime::UNIX_EPOCH).ok()
        }
        _ => None,
    }
}

/// What an entry says, unless it is one of many; `struck` has the experiments that have struck before it.
fn in_words<'a>(entry: &'a RecordEntry, struck: &mut HashSet<&'a str>) -> Option<String> {
    Some(match entry {
        RecordEntry::Stage(Stage::Baseline) => return None,
        RecordEntry::Stage(Stage::Inject) => "the fault begins".to_owned(),
        RecordEntry::Stage(Stage::Recover) => "the fault ends".to_owned(),
        RecordEntry::Stage(Stage::Cooldown) => "cooldown".to_owned(),
        RecordEntry::Journal(JournalItem::Entry(entry)) => match &entry.event {
            Event::Injected(injected) if struck.insert(&injected.experiment) => format!(
                "`{}` first strikes, at `{}` of {}",
                injected.experiment, injected.operation, injected.service
            ),
            Event::Ended {
                experiment, reason, ..
            } => format!("`{experiment}` ends: {reason}"),
            _ => return None,
        },
        RecordEntry::Gone => "the target does not answer any more".to_owned(),
        RecordEntry::Back(_) => "the target answers again".to_owned(),
        RecordEntry::Aborted { why } => format!("the run is aborted: {why}"),
        RecordEntry::Closed => "the run ends".to_owned(),
        _ => return None,
    })
}
