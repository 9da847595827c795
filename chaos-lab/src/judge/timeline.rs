//! What happened in a run, in the order of time.

use std::collections::HashSet;
use std::time::Duration;

use chaos_core::Event;
use chaos_core::adapter::HumanDuration;
use chaos_core::journal::JournalItem;

use super::recorded::Recorded;
use crate::record::RecordEntry;
use crate::report::{BrokenRule, Happening, Recovery};
use crate::scenario::Stage;

impl Recorded<'_> {
    /// What happened; times of the target's journal are those at which the lab read it.
    pub(super) fn timeline(
        &self,
        broken: &[BrokenRule],
        recovery: Option<&Recovery>,
    ) -> Vec<Happening> {
        let mut happened = Vec::new();
        let mut note = |at: Duration, what: String| {
            happened.push(Happening {
                at: HumanDuration(at),
                what,
            })
        };
        let mut struck = HashSet::new();
        for line in self.lines {
            match &line.entry {
                RecordEntry::Stage(stage) => note(line.at.0, of_stage(*stage).to_owned()),
                RecordEntry::Journal(JournalItem::Entry(entry)) => match &entry.event {
                    Event::Injected(injected) if struck.insert(&injected.experiment) => {
                        let (name, operation) = (&injected.experiment, &injected.operation);
                        note(
                            line.at.0,
                            format!(
                                "`{name}` strikes for the first time, at `{operation}` of {}",
                                injected.service
                            ),
                        );
                    }
                    Event::Ended {
                        experiment, reason, ..
                    } => note(line.at.0, format!("`{experiment}` ends: {reason}")),
                    _ => {}
                },
                RecordEntry::Gone => {
                    note(line.at.0, "the target does not answer any more".to_owned())
                }
                RecordEntry::Back(_) => note(line.at.0, "the target answers again".to_owned()),
                RecordEntry::Aborted { why } => {
                    note(line.at.0, format!("the run is aborted: {why}"))
                }
                RecordEntry::Closed => note(line.at.0, "the run ends".to_owned()),
                _ => {}
            }
        }
        let since_fault = || self.from(Stage::Inject);
        let failed = self.requests(since_fault()).filter(|sample| !sample.ok);
        if let Some(failed) = failed.min_by_key(|sample| sample.due.0 + sample.took.0) {
            note(
                failed.due.0 + failed.took.0,
                format!("the first request fails: {}", failed.answer),
            );
        }
        let mut probes = self.probes(since_fault());
        let unwell =
            probes.find_map(|(at, probe)| Some((at, &probe.probe, probe.problem.as_ref()?)));
        if let Some((at, probe, problem)) = unwell {
            note(
                at,
                format!("the health probe `{probe}` fails for the first time: {problem}"),
            );
        }
        for rule in broken {
            note(
                rule.at.0,
                format!(
                    "the business rule `{}` is found broken: {}",
                    rule.rule, rule.why
                ),
            );
        }
        if let Some((recovery, over)) = recovery.zip(self.start(Stage::Recover)) {
            for stage in &recovery.stages {
                if let Some(after) = stage.reached {
                    note(
                        over + after.0,
                        format!("recovered, {}: {}", stage.stage, stage.stage.when_reached()),
                    );
                }
            }
        }
        happened.sort_by_key(|one| one.at.0);
        happened
    }
}

fn of_stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Baseline => "the baseline begins",
        Stage::Inject => "the fault begins",
        Stage::Recover => "the fault is over, and the recovery begins",
        Stage::Cooldown => "the cooldown begins",
    }
}
