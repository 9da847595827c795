//! Stand-ins for the engine in builds without the feature `inject`; no pressure ever exists there.

use super::builder::Pressure;
use super::end::PressureEnd;
use super::error::PressureError;
use super::guard::PressureGuard;
use super::level::PressureLevel;

pub(super) fn start_standalone(pressure: &Pressure) -> Result<PressureGuard, PressureError> {
    Err(PressureError::CompiledOut(pressure.kind()))
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

    pub(super) fn took_effect(&self) -> bool {
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
