//! What a record says about one experiment.

use std::collections::HashMap;
use std::time::Duration;

use chaos_core::journal::{Event, Injected};
use chaos_core::pressure::{PressureChange, PressureKind};
use chaos_core::{EndReason, Experiment, ExperimentState, ExperimentStatus};

use crate::judge::recorded::Recorded;
use crate::record::{Line, RecordEntry};
use crate::scenario::Stage;

/// What a record says about one experiment.
pub(super) struct Evidence<'a> {
    pub(super) recorded: &'a Recorded<'a>,
    pub(super) experiment: &'a Experiment,
    /// Its state at the end of its stage.
    pub(super) status: Option<&'a ExperimentStatus>,
    /// When the lab asked for that, and the lines before.
    asked: Duration,
    before: &'a [Line],
}

impl<'a> Evidence<'a> {
    pub(super) fn of(recorded: &'a Recorded<'a>, experiment: &'a Experiment) -> Self {
        let mut evidence = Self {
            recorded,
            experiment,
            status: None,
            asked: Duration::ZERO,
            before: &[],
        };
        for (at, line) in recorded.lines.iter().enumerate() {
            if let RecordEntry::Reached(all) = &line.entry {
                evidence.status = all.iter().rfind(|one| one.name == experiment.name());
                (evidence.asked, evidence.before) = (line.at.0, &recorded.lines[..at]);
                break;
            }
        }
        evidence
    }

    /// When and why it ended before the lab stopped it, if it did.
    pub(super) fn ended_by_itself(&self) -> Option<(Duration, &'a EndReason)> {
        let begin = self.recorded.span(Stage::Inject).start;
        let mut lines = self.before.iter().filter(|line| line.at.0 >= begin);
        let journalled = lines.find_map(|line| match line.entry.event() {
            Some(Event::Ended {
                experiment, reason, ..
            }) if experiment == self.experiment.name() => Some((line.at.0, reason)),
            _ => None,
        });
        // One that ended just now is not in the journal yet.
        journalled.or_else(|| match &self.status?.state {
            ExperimentState::Ended(reason) => Some((self.asked, reason)),
            _ => None,
        })
    }

    /// Whether the target has gone, and came back as another process or not at all.
    pub(super) fn has_crashed(&self) -> bool {
        let entries = self.recorded.entries();
        entries.fold(false, |has_crashed, entry| match entry {
            RecordEntry::Gone => true,
            RecordEntry::Back(target) => self.recorded.opened.is_restarted(target),
            _ => has_crashed,
        })
    }

    /// Why it struck nothing, in the words of the target.
    pub(super) fn why_idle(&self) -> Option<&'a str> {
        self.events().find_map(|event| match event {
            Event::Ended {
                experiment,
                why_idle,
                ..
            } if experiment == self.experiment.name() => why_idle.as_deref(),
            _ => None,
        })
    }

    /// Why a pressure was last found to be short of its level.
    pub(super) fn why_short(&self, of: PressureKind) -> Option<&'a str> {
        let changes = self.events().filter_map(|event| match event {
            Event::Pressure {
                experiment,
                level,
                change,
                why,
            } if experiment == self.experiment.name()
                && level.kind == of
                && *change != PressureChange::GivenBack =>
            {
                Some(why.as_deref())
            }
            _ => None,
        });
        changes.last().flatten()
    }

    /// The number of struck operations that share the draw of one, on average over the operations.
    ///
    /// Requests of one key draw alike, so that they are struck together. Calls of one operation within a request draw for
    /// themselves, but the journal does not distinguish them, which makes the bounds wider than need be.
    pub(super) fn cluster(&self) -> f64 {
        let mut clusters: HashMap<_, f64> = HashMap::new();
        let mut all = 0.0;
        for (number, injected) in self.injected().enumerate() {
            let alone = injected.key.is_none().then_some(number);
            let place = (&injected.service, injected.kind, &injected.operation);
            let cluster = (alone, place, &injected.key, injected.attempt);
            *clusters.entry(cluster).or_default() += 1.0;
            all += 1.0;
        }
        let squares: f64 = clusters.values().map(|size| size * size).sum();
        if all > 0.0 { squares / all } else { 1.0 }
    }

    /// The operations that it struck, as far as the journal says.
    pub(super) fn injected(&self) -> impl Iterator<Item = &'a Injected> {
        let all = self.recorded.entries().filter_map(RecordEntry::injected);
        all.filter(|injected| injected.experiment == self.experiment.name())
    }

    fn events(&self) -> impl Iterator<Item = &'a Event> {
        self.recorded.entries().filter_map(RecordEntry::event)
    }
}
