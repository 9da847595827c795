//! What stands for the engine in builds without the feature `inject`: types of which there are no values.

use std::sync::Arc;
use std::time::SystemTime;

use super::builder::Pressure;
use super::end::PressureEnd;
use super::error::PressureError;
use super::guard::PressureGuard;
use super::level::PressureLevel;
use super::told::Tell;
use crate::compiled::CompiledIn;

pub(super) fn alone(pressure: &Pressure) -> Result<PressureGuard, PressureError> {
    Err(PressureError::CompiledOut(pressure.kind()))
}

/// A pressure that is about to start.
pub(crate) enum Prepared {}

impl Prepared {
    pub(crate) fn new(pressure: &Pressure, _: Option<&Arc<Skews>>) -> Result<Self, PressureError> {
        Err(PressureError::CompiledOut(pressure.kind()))
    }

    pub(crate) fn begin(
        self,
        _: Option<Tell>,
        _: CompiledIn,
    ) -> (PressureGuard, Result<(), PressureError>) {
        match self {}
    }
}

/// A pressure that is on.
#[derive(Debug)]
pub(super) enum Held {}

impl Held {
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
pub(crate) struct Skews;

impl Skews {
    pub(crate) fn are_some(&self) -> bool {
        false
    }

    pub(crate) fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}
