//! What stands for the engine in builds without the feature `inject`: types of which there are no values.

use std::sync::Arc;
use std::time::SystemTime;

use super::builder::Pressure;
use super::end::PressureEnd;
use super::error::PressureError;
use super::guard::PressureGuard;
use super::level::PressureLevel;
use super::notification::Observer;
use crate::compiled::CompiledIn;

pub(super) fn alone(pressure: &Pressure) -> Result<PressureGuard, PressureError> {
    Err(PressureError::CompiledOut(pressure.kind()))
}

/// A pressure that is about to start.
pub(crate) enum PreparedPressure {}

impl PreparedPressure {
    pub(crate) fn new(
        pressure: &Pressure,
        _: Option<&Arc<ClockSkews>>,
    ) -> Result<Self, PressureError> {
        Err(PressureError::CompiledOut(pressure.kind()))
    }

    pub(crate) fn begin(
        self,
        _: Option<Observer>,
        _: CompiledIn,
    ) -> (PressureGuard, Result<(), PressureError>) {
        match self {}
    }
}

/// A pressure that is on.
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

/// Clocks that are always right.
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
