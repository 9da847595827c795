//! Stand-ins for the engine in builds without the feature `inject`; no pressure ever exists there.

use std::convert::Infallible;

use super::builder::Pressure;
use super::end::PressureEnd;
use super::error::PressureError;
use super::guard::PressureGuard;
use super::kind::PressureKind;
use super::level::PressureLevel;
use super::process_limits::ProcessLimits;
use crate::compiled::never;

pub(super) fn start_standalone(pressure: &Pressure) -> Result<PressureGuard, PressureError> {
    Err(PressureError::CompiledOut(pressure.kind()))
}

#[allow(missing_docs, reason = "documented where injection is compiled in")]
#[allow(
    clippy::missing_errors_doc,
    reason = "documented where injection is compiled in"
)]
pub fn process_limits() -> Result<ProcessLimits, PressureError> {
    Err(PressureError::CompiledOut(PressureKind::Cpu))
}

#[derive(Debug)]
pub(super) struct PressureState(Infallible);

impl PressureState {
    never!(pub(super) fn level(&self) -> PressureLevel);
    never!(pub(super) fn end(&self) -> Option<&PressureEnd>);
    never!(pub(super) fn was_reached(&self) -> bool);
    never!(pub(super) fn took_effect(&self) -> bool);
    never!(pub(super) fn stop(&self, _end: PressureEnd) -> bool);
    never!(pub(super) fn is_gone(&self) -> bool);

    pub(super) async fn gone(&self) {
        match self.0 {}
    }
}
