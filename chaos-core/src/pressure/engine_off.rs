//! Stand-ins for the engine in builds without the feature `inject`; no pressure ever exists there.

use std::sync::Arc;
use std::time::SystemTime;

use super::builder::Pressure;
use super::end::PressureEnd;
use super::error::PressureError;
use super::guard::PressureGuard;
use super::level::PressureLevel;
use super::notification::Observer;
use crate::compiled::CompiledIn;

pub(super) fn start_standalone(pressure: &Pressure) -> Result<PressureGuard, PressureError> {
    Err(PressureError::CompiledOut(pressure.kind()))
}

pub(crate) enum PreparedPressure {}

impl PreparedPressure {
    pub(crate) fn new(
        pressure: &Pressure,
        _: Option<&Arc<ClockSkews>>,
    ) -> Result<Self, PressureError> {
        Err(PressureError::CompiledOut(pressure.kind()))
    }

    pub(crate) fn start(
        self,
        _: Option<Observer>,
        _: CompiledIn,
    ) -> (PressureGuard, Result<(), PressureError>) {
        match self {}
    }
}

#[derive(Debug)]
pub(super) enum PressureState {}

impl PressureState {
    pub(super) fn level(&self) -> PressureLevel {
        match *self {}
    }

    pub(super) fn end(&self) -> Option<&PressureEnd> {
        match *self {}
    }

    pub(super) fn was_reached(&self) -> bool {
        match *self {}
    }

    pub(super) fn stop(&self, _: PressureEnd) -> bool {
        match *self {}
    }

    pub(super) fn is_gone(&self) -> bool {
        match *self {}
    }

    pub(super) async fn gone(&self) {
        match *self {}
    }
}

/// The clock of a manager, which is never skewed.
#[derive(Default)]
pub(crate) struct ClockSkews;

impl ClockSkews {
    pub(crate) fn is_skewed(&self) -> bool {
        false
    }

    pub(crate) fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}
