//! The pressures of a running experiment.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use super::Running;
use crate::error::PressureError;
use crate::journal::{Event, Journal};
use crate::pressure::{ClockSkews, Notification, PreparedPressure};
use crate::pressure::{PressureChange, PressureKind, PressureLevel};
use crate::{Experiment, Fault, PressureGuard, delay, metrics};

/// The pressures of a running experiment; they stop with it.
#[derive(Default)]
pub(crate) struct Pressures {
    guards: OnceLock<Vec<PressureGuard>>,
    expected: OnceLock<()>,
}

/// Checks that there is room for every pressure of an experiment.
///
/// It reads limits and inspects disks, which may take time.
pub(crate) fn prepare_pressures(
    experiment: &Experiment,
    skews: &Arc<ClockSkews>,
) -> Result<Vec<PreparedPressure>, PressureError> {
    let pressures = experiment.faults().iter().filter_map(Fault::pressure);
    pressures
        .map(|pressure| PreparedPressure::new(pressure, Some(skews)))
        .collect()
}

impl Pressures {
    /// Announces pressures that are about to begin, so that their experiment does not count as settled before.
    pub(crate) fn expect(&self, prepared: &[PreparedPressure]) {
        if !prepared.is_empty() {
            let _ = self.expected.set(());
        }
    }

    /// Withdraws the announcement of pressures that will not begin; once they have begun, it does nothing.
    pub(crate) fn expect_no_more(&self, running: &Running) {
        if self.guards.set(Vec::new()).is_ok() && !running.is_open() {
            running.notify_settled();
        }
    }

    /// Starts the pressures for which there is room.
    ///
    /// If one can't start, the earlier ones end with the experiment.
    pub(crate) fn begin(
        &self,
        running: &Arc<Running>,
        prepared: Vec<PreparedPressure>,
    ) -> Result<(), PressureError> {
        if prepared.is_empty() || running.is_dry_run() {
            return Ok(());
        }
        let (begun, result) = start(running, prepared);
        self.hold(running, begun);
        result
    }

    /// Takes over pressures that have begun.
    fn hold(&self, running: &Running, begun: Vec<PressureGuard>) {
        let _ = self.guards.set(begun);
        for level in self.levels() {
            self.show(&running.name, level.kind);
        }
        // An end in the meantime found no pressure to stop.
        if !running.is_open() {
            self.stop();
            running.notify_settled();
        }
    }

    /// Ends them without waiting.
    pub(crate) fn stop(&self) {
        self.all().iter().for_each(PressureGuard::stop);
    }

    /// Whether everything is given back and nothing is about to be taken.
    pub(crate) fn are_gone(&self) -> bool {
        self.guards.get().map_or_else(
            || self.expected.get().is_none(),
            |guards| guards.iter().all(PressureGuard::is_gone),
        )
    }

    /// Whether there are any, and each has reached its level.
    pub(crate) fn were_reached(&self) -> bool {
        let pressures = self.all();
        !pressures.is_empty() && pressures.iter().all(PressureGuard::was_reached)
    }

    /// Whether there are any, and each has reached its level or taken everything available.
    pub(crate) fn took_effect(&self) -> bool {
        let pressures = self.all();
        !pressures.is_empty() && pressures.iter().all(PressureGuard::took_effect)
    }

    /// The current level of each.
    pub(crate) fn levels(&self) -> Vec<PressureLevel> {
        self.all().iter().map(PressureGuard::level).collect()
    }

    fn all(&self) -> &[PressureGuard] {
        self.guards.get().map_or(&[], Vec::as_slice)
    }

    /// Sets the gauges of one kind to the sum over all pressures of that kind.
    fn show(&self, experiment: &str, kind: PressureKind) {
        let mut shown = None;
        // Repeated when it changed meanwhile: another thread may have set the newer value already.
        while let Some(sum) = self.sum(kind).filter(|sum| shown != Some(*sum)) {
            metrics::pressure(experiment, sum);
            shown = Some(sum);
        }
    }

    /// The sum of all levels of one kind; what is given back is no longer requested.
    fn sum(&self, kind: PressureKind) -> Option<PressureLevel> {
        let shown = self.all().iter().map(|pressure| {
            let level = pressure.level();
            if pressure.is_gone() {
                nothing_of(level)
            } else {
                level
            }
        });
        let of_kind = shown.filter(|level| level.kind == kind);
        of_kind.reduce(|sum, level| PressureLevel {
            requested: sum.requested + level.requested,
            achieved: sum.achieved + level.achieved,
            ..sum
        })
    }
}

/// What the gauges show of a pressure that is given back.
fn nothing_of(level: PressureLevel) -> PressureLevel {
    PressureLevel {
        requested: 0.0,
        achieved: 0.0,
        ..level
    }
}

/// Starts pressures until one can't start or the experiment has ended.
fn start(
    running: &Arc<Running>,
    prepared: Vec<PreparedPressure>,
) -> (Vec<PressureGuard>, Result<(), PressureError>) {
    let mut begun = Vec::with_capacity(prepared.len());
    for one in prepared {
        if !running.is_open() {
            break;
        }
        let observer = Observer::of(running);
        let observe = move |notification| observer.observe(notification);
        let limit = running.time_left(delay::now());
        let deadline = Instant::now().checked_add(limit);
        let (guard, started) = one.start(Some(Box::new(observe)), deadline);
        begun.push(guard);
        if started.is_err() {
            return (begun, started);
        }
    }
    (begun, Ok(()))
}

/// Reports the changes of a pressure, even after the last handle of its experiment is dropped.
struct Observer {
    experiment: Arc<str>,
    journal: Arc<Journal>,
    running: Weak<Running>,
}

impl Observer {
    /// Sets the gauges on another thread: a recorder that hangs must not keep the end of the pressure from being known.
    fn show_later(&self, level: PressureLevel) {
        let experiment = Arc::clone(&self.experiment);
        let running = Weak::clone(&self.running);
        metrics::later(move || match running.upgrade() {
            Some(running) => running.pressures.show(&experiment, level.kind),
            // All pressures of the experiment are about to end.
            None => metrics::pressure(&experiment, nothing_of(level)),
        });
    }

    fn of(running: &Arc<Running>) -> Self {
        Self {
            experiment: Arc::clone(&running.name),
            journal: Arc::clone(&running.journal),
            running: Arc::downgrade(running),
        }
    }

    fn observe(&self, notification: Notification) {
        let Notification { change, level, why } = notification;
        self.show_later(level);
        let running = self.running.upgrade();
        let Some(change) = change else {
            if let Some(running) = running
                && !running.is_open()
                && running.is_settled()
            {
                running.notify_settled();
            }
            return;
        };
        self.journal.record(Event::Pressure {
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
    use crate::pressure::PressureUnit;
    use crate::{BlastRadius, ChaosManager, Consent, EndReason, Pressure};

    #[test]
    fn an_experiment_is_not_settled_while_its_pressures_are_about_to_begin() {
        let pressures = Pressures::default();
        assert!(pressures.are_gone());
        let _ = pressures.expected.set(());
        assert!(!pressures.are_gone());
        let _ = pressures.guards.set(Vec::new());
        assert!(pressures.are_gone());
    }

    #[test]
    fn a_pressure_that_is_given_back_shows_nothing() {
        let level = PressureLevel {
            kind: PressureKind::Threads,
            requested: 5.0,
            achieved: 5.0,
            unit: PressureUnit::Threads,
        };
        let shown = nothing_of(level);
        assert_eq!((shown.requested, shown.achieved), (0.0, 0.0));
        assert_eq!((shown.kind, shown.unit), (level.kind, level.unit));
    }

    #[test]
    fn pressures_that_begin_while_their_experiment_ends_stop() {
        let chaos = ChaosManager::new();
        let guard = chaos
            .inject(BlastRadius::points_at("pms"), Fault::Panic)
            .unwrap();
        let running = guard.running();
        let ahead = Pressure::clock_ahead(Duration::from_secs(1));
        let skews = Arc::default();
        let prepared = PreparedPressure::new(&ahead, Some(&skews)).unwrap();
        let (begun, result) = start(running, vec![prepared]);
        result.unwrap();
        assert!(skews.is_skewed());
        running.stop(EndReason::Halted);
        let pressures = Pressures::default();
        pressures.hold(running, begun);
        assert!(pressures.all()[0].ended().is_some());
    }

    #[test]
    fn changes_are_journalled_after_the_experiment_is_dropped() {
        let chaos = ChaosManager::new();
        let everything = BlastRadius::everything(Consent::by("a test").unwrap());
        let ahead = Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(1)));
        let guard = chaos.inject(everything, ahead).unwrap();
        let observer = Observer {
            running: Weak::new(),
            ..Observer::of(guard.running())
        };
        let level = PressureLevel {
            kind: PressureKind::Threads,
            requested: 5.0,
            achieved: 5.0,
            unit: PressureUnit::Threads,
        };
        observer.observe(Notification {
            change: Some(PressureChange::GivenBack),
            level,
            why: None,
        });
        let journalled = chaos.journal().into_iter().any(|entry| {
            matches!(entry.event, Event::Pressure { change: PressureChange::GivenBack, level: entry, .. } if entry == level)
        });
        assert!(journalled);
    }
}
