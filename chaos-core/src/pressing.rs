//! The pressures of a running experiment.

use std::sync::{Arc, OnceLock};

use crate::journal::Event;
use crate::pressure::{Notification, PreparedPressure};
use crate::running::Running;
use crate::services::Services;
use crate::{
    Experiment, Fault, PressureChange, PressureError, PressureGuard, PressureKind, PressureLevel,
    metrics,
};

/// The pressures of a running experiment; all of them stop with it.
#[derive(Default)]
pub(crate) struct Pressures {
    guards: OnceLock<Vec<PressureGuard>>,
    expected: OnceLock<()>,
}

impl Pressures {
    /// Ends them, without waiting for that.
    pub(crate) fn stop(&self) {
        self.all().iter().for_each(PressureGuard::stop);
    }

    /// Whether all is given back, and nothing is about to be taken.
    pub(crate) fn are_gone(&self) -> bool {
        self.guards.get().map_or_else(
            || self.expected.get().is_none(),
            |guards| guards.iter().all(PressureGuard::is_gone),
        )
    }

    /// How far they are.
    pub(crate) fn levels(&self) -> Vec<PressureLevel> {
        self.all().iter().map(PressureGuard::level).collect()
    }

    fn all(&self) -> &[PressureGuard] {
        self.guards.get().map_or(&[], Vec::as_slice)
    }
}

/// Finds out whether there is room for all pressures of an experiment; looks at limits and disks, which may take time.
pub(crate) fn prepare(
    experiment: &Experiment,
    services: &Services,
) -> Result<Vec<PreparedPressure>, PressureError> {
    let pressures = experiment.faults().iter().filter_map(Fault::pressure);
    pressures
        .map(|pressure| PreparedPressure::new(pressure, Some(&services.skews)))
        .collect()
}

impl Running {
    /// Says that pressures are about to begin, so that nobody takes it for settled before.
    pub(crate) fn expect_pressures(&self, prepared: &[PreparedPressure]) {
        if !prepared.is_empty() && !self.is_dry_run() {
            let _ = self.pressures().expected.set(());
        }
    }

    /// Says that those expected that have not begun never will; doing it again, or after they have, does nothing.
    pub(crate) fn expect_no_more_pressures(&self) {
        if self.pressures().guards.set(Vec::new()).is_ok() && !self.gate().is_open() {
            self.left_empty();
        }
    }

    /// Starts the pressures for which there is room.
    ///
    /// Those that were started before one can't be end with the experiment.
    pub(crate) fn begin_pressures(
        self: &Arc<Self>,
        prepared: Vec<PreparedPressure>,
    ) -> Result<(), PressureError> {
        if prepared.is_empty() || self.is_dry_run() {
            return Ok(());
        }
        let mut begun = Vec::with_capacity(prepared.len());
        let mut result = Ok(());
        for one in prepared {
            if !self.gate().is_open() {
                break;
            }
            let hearing = Hearing::of(self);
            let tell = move |told| hearing.hear(told);
            let (guard, started) = one.start(Some(Box::new(tell)), self.compiled_in());
            begun.push(guard);
            result = started;
            if result.is_err() {
                break;
            }
        }
        let _ = self.pressures().guards.set(begun);
        for level in self.pressures().levels() {
            self.show(level.kind);
        }
        // An end that came meanwhile found nothing to stop.
        if !self.gate().is_open() {
            self.let_go();
            self.left_empty();
        }
        result
    }

    /// Whether it has any faults that strike operations.
    pub(crate) fn strikes_operations(&self) -> bool {
        let mut faults = self.experiment().faults().iter();
        faults.any(|fault| fault.pressure().is_none())
    }

    /// How far its pressures are.
    pub(crate) fn pressure_levels(&self) -> Vec<PressureLevel> {
        self.pressures().levels()
    }

    /// Whether it has pressures, and each has been at its level.
    pub(crate) fn pressures_were_reached(&self) -> bool {
        let pressures = self.pressures().all();
        !pressures.is_empty() && pressures.iter().all(PressureGuard::was_reached)
    }

    /// Shows on the gauges how much of one kind there is, of all pressures together.
    fn show(&self, kind: PressureKind) {
        let mut shown = None;
        // Again, should it have changed meanwhile: another thread may have shown the newer figure already.
        while let Some(all) = self.together(kind).filter(|all| shown != Some(*all)) {
            metrics::pressure(self.name(), all);
            shown = Some(all);
        }
    }

    /// How much of one kind there is, of all pressures together.
    fn together(&self, kind: PressureKind) -> Option<PressureLevel> {
        let levels = self.pressure_levels().into_iter();
        let of_kind = levels.filter(|level| level.kind == kind);
        of_kind.reduce(|all, level| PressureLevel {
            requested: all.requested + level.requested,
            achieved: all.achieved + level.achieved,
            ..all
        })
    }
}

/// Hears what happens to a pressure, also once nobody holds on to its experiment any more.
struct Hearing {
    experiment: Arc<str>,
    services: Arc<Services>,
    running: std::sync::Weak<Running>,
}

impl Hearing {
    fn of(running: &Arc<Running>) -> Self {
        Self {
            experiment: Arc::clone(running.name()),
            services: Arc::clone(running.services()),
            running: Arc::downgrade(running),
        }
    }

    fn hear(&self, told: Notification) {
        let Notification { change, level, why } = told;
        let running = self.running.upgrade();
        match &running {
            Some(running) => running.show(level.kind),
            // All are on their way out.
            None => metrics::pressure(
                &self.experiment,
                PressureLevel {
                    achieved: 0.0,
                    ..level
                },
            ),
        }
        let Some(change) = change else {
            if let Some(running) = running
                && !running.gate().is_open()
                && running.is_settled()
            {
                running.left_empty();
            }
            return;
        };
        self.services.journal.record(Event::Pressure {
            experiment: self.experiment.to_string(),
            level,
            change,
            why: why.clone(),
        });
        if change == PressureChange::Failed
            && let Some(running) = running
        {
            let why = why.unwrap_or_default();
            running.abort(format!("pressure failed: {level}: {why}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{BlastRadius, ChaosManager, Consent, Pressure, PressureUnit};

    #[test]
    fn nothing_is_settled_while_pressures_are_about_to_begin() {
        let pressures = Pressures::default();
        assert!(pressures.are_gone());
        let _ = pressures.expected.set(());
        assert!(!pressures.are_gone());
        let _ = pressures.guards.set(Vec::new());
        assert!(pressures.are_gone());
    }

    #[test]
    fn what_nobody_holds_on_to_any_more_is_told_of_all_the_same() {
        let chaos = ChaosManager::new();
        let everything = BlastRadius::everything(Consent::because("a test"));
        let ahead = Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(1)));
        let guard = chaos.inject(everything, ahead).unwrap();
        let hearing = Hearing {
            running: std::sync::Weak::new(),
            ..Hearing::of(guard.running())
        };
        let level = PressureLevel {
            kind: PressureKind::Threads,
            requested: 5.0,
            achieved: 5.0,
            unit: PressureUnit::Threads,
        };
        hearing.hear(Notification {
            change: Some(PressureChange::GivenBack),
            level,
            why: None,
        });
        let told = chaos.journal().into_iter().any(|entry| {
            matches!(entry.event, Event::Pressure { change: PressureChange::GivenBack, level: told, .. } if told == level)
        });
        assert!(told);
    }
}
