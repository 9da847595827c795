//! Starting a pressure: it is checked, its limits are read, then its threads begin.

use std::sync::Arc;
use std::time::Duration;

use super::clock_skew::ClockSkews;
use super::clock_skew::PreparedSkew;
use super::control_loop::keep;
use super::runtime::RuntimeLoad;
use super::state::{PressureState, Schedule};
use crate::DEFAULT_TIME_LIMIT;
use crate::compiled::{CompiledIn, compiled_in};
use crate::pressure::notification::Observer;
use crate::pressure::resource::Resource;
use crate::pressure::{
    Pressure, PressureEnd, PressureError, PressureGuard, PressureKind, PressureUnit,
};

/// Starts a pressure that no experiment answers for.
pub(in crate::pressure) fn alone(pressure: &Pressure) -> Result<PressureGuard, PressureError> {
    let kind = pressure.kind();
    let compiled_in = compiled_in().ok_or(PressureError::CompiledOut(kind))?;
    if pressure.is_destructive() && pressure.consent.is_none() {
        return Err(PressureError::NeedsConsent(kind));
    }
    let pressure = match pressure.hold {
        Some(_) => pressure.clone(),
        None => pressure.clone().hold(DEFAULT_TIME_LIMIT),
    };
    let (guard, begun) = PreparedPressure::new(&pressure, None)?.begin(None, compiled_in);
    begun.map(|()| guard)
}

/// A pressure for which there is room, and which has taken nothing yet.
pub(crate) struct PreparedPressure {
    kind: PressureKind,
    unit: PressureUnit,
    requested: f64,
    schedule: Schedule,
    taking: PreparedLoad,
}

/// What is going to take it.
enum PreparedLoad {
    Runtime(RuntimeLoad),
    Clock(PreparedSkew),
    #[cfg(target_os = "linux")]
    HostLoad(Box<super::host::HostLoad>),
}

impl PreparedPressure {
    /// Finds out whether there is room for it; those who ask a manager for the time ask these clocks.
    pub(crate) fn new(
        pressure: &Pressure,
        clocks: Option<&Arc<ClockSkews>>,
    ) -> Result<Self, PressureError> {
        let kind = pressure.kind();
        pressure
            .check()
            .map_err(|problem| PressureError::Invalid { kind, problem })?;
        let (unit, requested, taking) = match pressure.resource {
            Resource::RuntimeWorkers(workers) => (
                PressureUnit::Workers,
                f64::from(workers.workers),
                PreparedLoad::Runtime(RuntimeLoad::workers(workers)?),
            ),
            Resource::BlockingPool(threads) => {
                #[cfg(target_os = "linux")]
                let commitment = super::host::room_for_threads(pressure, threads)?;
                #[cfg(not(target_os = "linux"))]
                let commitment = super::commitments::Commitment::default();
                (
                    PressureUnit::Threads,
                    f64::from(threads),
                    PreparedLoad::Runtime(RuntimeLoad::pool(threads, commitment)?),
                )
            }
            Resource::Clock(skew) => {
                let clocks = clocks.ok_or(PressureError::NeedsManager(kind))?;
                let skewing = PreparedSkew::prepare(skew, clocks)?;
                (
                    PressureUnit::Seconds,
                    skewing.most(),
                    PreparedLoad::Clock(skewing),
                )
            }
            #[cfg(target_os = "linux")]
            _ => {
                let (unit, requested, host) = super::host::HostLoad::prepare(pressure)?;
                (unit, requested, PreparedLoad::HostLoad(Box::new(host)))
            }
            #[cfg(not(target_os = "linux"))]
            _ => {
                let why = "it needs Linux".to_owned();
                return Err(PressureError::Unsupported { kind, why });
            }
        };
        Ok(Self {
            kind,
            unit,
            requested,
            schedule: Schedule {
                ramp: match pressure.resource {
                    Resource::Leak(leak) => Duration::try_from_secs_f64(
                        leak.at_most as f64 / leak.bytes_per_second as f64,
                    )
                    .unwrap_or(Duration::MAX),
                    _ => pressure.ramp,
                },
                hold: pressure.hold,
            },
            taking,
        })
    }

    /// Starts its threads; one that can't be started has a guard, too: some of its threads may still have to leave.
    pub(crate) fn begin(
        self,
        tell: Option<Observer>,
        compiled_in: CompiledIn,
    ) -> (PressureGuard, Result<(), PressureError>) {
        let state = PressureState::new(self.kind, self.unit, self.requested, self.schedule);
        // Somebody is there until all have come: none of those that were started is to be taken for the last.
        let starting = state.register();
        let told = tell.map_or(Ok(()), |tell| state.attach_observer(tell));
        let begun = told.and_then(|()| match self.taking {
            PreparedLoad::Runtime(blocking) => keep(&state, blocking),
            PreparedLoad::Clock(skewing) => skewing.begin(&state),
            #[cfg(target_os = "linux")]
            PreparedLoad::HostLoad(host) => host.begin(&state),
        });
        if begun.is_err() {
            state.stop(PressureEnd::Failed("it could not be started".to_owned()));
        }
        drop(starting);
        (
            PressureGuard::new(state, compiled_in),
            begun.map_err(PressureError::system(self.kind, "start a thread")),
        )
    }
}

#[cfg(test)]
mod tests;
