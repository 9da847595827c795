//! The pressures of a running experiment.

use std::sync::{Arc, OnceLock};

use crate::journal::Event;
use crate::pressure::{Prepared, Told};
use crate::running::{Reach, Running};
use crate::{
    Fault, Pressure, PressureChange, PressureError, PressureGuard, PressureKind, PressureLevel,
    metrics,
};

/// The pressures of a running experiment; all of them stop with it.
#[derive(Default)]
pub(crate) struct Pressures(OnceLock<Vec<PressureGuard>>);

impl Pressures {
    /// Ends them, without waiting for that.
    pub(crate) fn stop(&self) {
        self.all().iter().for_each(PressureGuard::stop);
    }

    /// Whether all is given back.
    pub(crate) fn are_gone(&self) -> bool {
        self.all().iter().all(PressureGuard::is_gone)
    }

    /// How far they are.
    pub(crate) fn levels(&self) -> Vec<PressureLevel> {
        self.all().iter().map(PressureGuard::level).collect()
    }

    fn all(&self) -> &[PressureGuard] {
        self.0.get().map_or(&[], Vec::as_slice)
    }
}

impl Running {
    /// Starts the pressures among the faults: all, or none; a dry run only finds out whether there is room.
    pub(crate) fn begin_pressures(self: &Arc<Self>) -> Result<(), PressureError> {
        let faults = self.experiment().faults().iter();
        let pressures: Vec<_> = faults.filter_map(Fault::pressure).collect();
        if pressures.is_empty() || self.is_placed() || self.reach() != Reach::Here {
            return Ok(());
        }
        let (clocks, others): (Vec<&Pressure>, Vec<_>) = pressures
            .into_iter()
            .partition(|pressure| pressure.kind() == PressureKind::Clock);
        let prepared: Vec<_> = others
            .into_iter()
            .map(Prepared::new)
            .collect::<Result<_, _>>()?;
        if self.is_dry_run() {
            return Ok(());
        }
        // Those already begun end with their guards when a later one can't.
        let begun: Vec<_> = prepared
            .into_iter()
            .map(|one| {
                metrics::pressure(self.name(), one.level());
                let running = Arc::downgrade(self);
                let tell = move |told| {
                    if let Some(running) = running.upgrade() {
                        running.hear_of_pressure(told);
                    }
                };
                one.begin(Box::new(tell), self.compiled_in())
            })
            .collect::<Result<_, _>>()?;
        for clock in clocks {
            self.services().skews.add(clock, Arc::downgrade(self));
        }
        for level in self.services().skews.levels_of(self) {
            metrics::pressure(self.name(), level);
        }
        let _ = self.pressures().0.set(begun);
        Ok(())
    }

    /// Whether it has any faults that strike operations.
    pub(crate) fn strikes_operations(&self) -> bool {
        let mut faults = self.experiment().faults().iter();
        faults.any(|fault| fault.pressure().is_none())
    }

    /// How far its pressures are.
    pub(crate) fn pressure_levels(&self) -> Vec<PressureLevel> {
        let mut levels = self.pressures().levels();
        levels.extend(self.services().skews.levels_of(self));
        levels
    }

    fn hear_of_pressure(&self, told: Told) {
        let Told { change, level, why } = told;
        let shown = match change {
            Some(PressureChange::GivenBack) => PressureLevel {
                achieved: 0.0,
                ..level
            },
            _ => level,
        };
        metrics::pressure(self.name(), shown);
        let Some(change) = change else {
            if !self.gate().is_open() && self.is_settled() {
                self.left_empty();
            }
            return;
        };
        self.services().journal.record(Event::Pressure {
            experiment: self.name().to_string(),
            level,
            change,
            why: why.clone(),
        });
        if change == PressureChange::Failed {
            let why = why.unwrap_or_default();
            self.abort(format!("pressure not reached: {level}: {why}"));
        }
    }
}
