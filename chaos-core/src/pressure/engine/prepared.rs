//! Loads that are ready to start.

use std::io;
use std::sync::Arc;

use super::control_loop;
use super::load::Load;
use super::state::PressureState;
use crate::pressure::PressureUnit;

type Start = Box<dyn FnOnce(&Arc<PressureState>) -> io::Result<()> + Send>;

/// A load that fits and has not started, with the level requested of it.
pub(super) struct PreparedLoad {
    pub(super) unit: PressureUnit,
    pub(super) requested: f64,
    start: Start,
}

impl PreparedLoad {
    pub(super) fn new(unit: PressureUnit, requested: f64, load: impl Load) -> Self {
        Self::starting(unit, requested, |_| Ok(load))
    }

    /// `start` does what comes before the control loop, such as starting workers.
    pub(super) fn starting<L: Load>(
        unit: PressureUnit,
        requested: f64,
        start: impl FnOnce(&Arc<PressureState>) -> io::Result<L> + Send + 'static,
    ) -> Self {
        Self {
            unit,
            requested,
            start: Box::new(move |state| control_loop::start(state, start(state)?)),
        }
    }

    /// Starts the threads.
    pub(super) fn start(self, state: &Arc<PressureState>) -> io::Result<()> {
        (self.start)(state)
    }
}
