//! What a record says about single experiments.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use chaos_core::journal::{Event, Injected};
use chaos_core::pressure::{PressureChange, PressureKind};
use chaos_core::{EndReason, ExperimentState, ExperimentStatus};

use crate::judge::timeline::Timeline;
use crate::record::{Line, Opened, RecordEntry};
use crate::scenario::Stage;

/// What a record says about single experiments.
pub(super) struct Evidence<'a> {
    lines: &'a [Line],
    /// The state of the experiments at the end of their stage, and the position of its line.
    reached: Option<(usize, &'a [ExperimentStatus])>,
    /// The time of the stage with the fault.
    pub(super) stage: Range<Duration>,
}

impl<'a> Evidence<'a> {
    pub(super) fn of(lines: &'a [Line], timeline: &Timeline) -> Self {
        let mut numbered = lines.iter().enumerate();
        let reached = numbered.find_map(|(at, line)| match &line.entry {
            RecordEntry::Reached(status) => Some((at, &status[..])),
            _ => None,
        });
        Self {
            lines,
            reached,
            stage: timeline.span(Stage::Inject).unwrap_or_default(),
        }
    }

    /// The state of an experiment at the end of its stage.
    pub(super) fn status(&self, name: &str) -> Option<&'a ExperimentStatus> {
        let mut reached = self.reached?.1.iter();
        reached.rfind(|status| status.name == name)
    }

    /// When and why an experiment ended before the lab stopped it, if it did.
    pub(super) fn ended_by_itself(&self, name: &str) -> Option<(Duration, &'a EndReason)> {
        let (until, _) = self.reached?;
        let started = |line: &&Line| line.at.0 >= self.stage.start;
        let mut lines = self.lines[..until].iter().filter(started);
        let journalled = lines.find_map(|line| match line.entry.event() {
            Some(Event::Ended {
                experiment, reason, ..
            }) if experiment == name => Some((line.at.0, reason)),
            _ => None,
        });
        // One that ended just now is not in the journal yet.
        journalled.or_else(|| match &self.status(name)?.state {
            ExperimentState::Ended(reason) => Some((self.lines[until].at.0, reason)),
            _ => None,
        })
    }

    /// Whether the target has gone, and came back as another process or not at all.
    pub(super) fn has_crashed(&self, opened: &Opened) -> bool {
        let entries = self.lines.iter().map(|line| &line.entry);
        entries.fold(false, |has_crashed, entry| match entry {
            RecordEntry::Gone => true,
            RecordEntry::Back(target) => opened.is_restarted(target),
            _ => has_crashed,
        })
    }

    /// Why an experiment struck nothing, in the words of the target.
    pub(super) fn why_idle(&self, name: &str) -> Option<&'a str> {
        self.events().find_map(|event| match event {
            Event::Ended {
                experiment,
                why_idle,
                ..
            } if experiment == name => why_idle.as_deref(),
            _ => None,
        })
    }

    /// Why a pressure was last found to be short of its level.
    pub(super) fn why_short(&self, name: &str, of: PressureKind) -> Option<&'a str> {
        let changes = self.events().filter_map(|event| match event {
            Event::Pressure {
                experiment,
                level,
                change,
                why,
            } if experiment == name && level.kind == of && *change != PressureChange::GivenBack => {
                Some(why.as_deref())
            }
            _ => None,
        });
        changes.last().flatten()
    }

    /// The number of operations that an experiment struck, as far as the journal says.
    pub(super) fn struck(&self, name: &str) -> u64 {
        self.injected(name).count() as u64
    }

    /// The number of struck operations that share the draw of one, on average over the operations.
    ///
    /// Requests of one key draw alike, so that they are struck together. Calls of one operation within a request draw for
    /// themselves, but the journal does not distinguish them, which makes the bounds wider than need be.
    pub(super) fn cluster(&self, name: &str) -> f64 {
        let mut clusters: HashMap<_, f64> = HashMap::new();
        let mut all = 0.0;
        for (number, injected) in self.injected(name).enumerate() {
            let alone = injected.key.is_none().then_some(number);
            let place = (&injected.service, injected.kind, &injected.operation);
            let cluster = (alone, place, &injected.key, injected.attempt);
            *clusters.entry(cluster).or_default() += 1.0;
            all += 1.0;
        }
        let squares: f64 = clusters.values().map(|size| size * size).sum();
        if all > 0.0 { squares / all } else { 1.0 }
    }

    fn injected(&self, name: &str) -> impl Iterator<Item = &'a Injected> {
        let all = self.lines.iter().filter_map(|line| line.entry.injected());
        all.filter(move |injected| injected.experiment == name)
    }

    fn events(&self) -> impl Iterator<Item = &'a Event> + use<'a> {
        self.lines.iter().filter_map(|line| line.entry.event())
    }
}
