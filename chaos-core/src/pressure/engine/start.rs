//! Starting a pressure: it is checked, its limits are read, then its threads begin.

use std::sync::Arc;
use std::time::Duration;

use super::held::{Held, Schedule};
use super::keeper::keep;
use super::runtime::Blocking;
use super::skew::Skewing;
use super::skew::Skews;
use crate::DEFAULT_TIME_LIMIT;
use crate::compiled::{CompiledIn, compiled_in};
use crate::pressure::resource::Resource;
use crate::pressure::told::Tell;
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
    let (guard, begun) = Prepared::new(&pressure, None)?.begin(None, compiled_in);
    begun.map(|()| guard)
}

/// A pressure for which there is room, and which has taken nothing yet.
pub(crate) struct Prepared {
    kind: PressureKind,
    unit: PressureUnit,
    requested: f64,
    schedule: Schedule,
    taking: Taking,
}

/// What is going to take it.
enum Taking {
    Runtime(Blocking),
    Clock(Skewing),
    #[cfg(target_os = "linux")]
    Host(Box<super::host::Host>),
}

impl Prepared {
    /// Finds out whether there is room for it; those who ask a manager for the time ask these clocks.
    pub(crate) fn new(
        pressure: &Pressure,
        clocks: Option<&Arc<Skews>>,
    ) -> Result<Self, PressureError> {
        let kind = pressure.kind();
        pressure
            .check()
            .map_err(|problem| PressureError::Invalid { kind, problem })?;
        let (unit, requested, taking) = match pressure.resource {
            Resource::RuntimeWorkers(workers) => (
                PressureUnit::Workers,
                f64::from(workers.workers),
                Taking::Runtime(Blocking::workers(workers)?),
            ),
            Resource::BlockingPool(threads) => {
                #[cfg(target_os = "linux")]
                let promise = super::host::room_for_threads(pressure, threads)?;
                #[cfg(not(target_os = "linux"))]
                let promise = super::promised::Promise::default();
                (
                    PressureUnit::Threads,
                    f64::from(threads),
                    Taking::Runtime(Blocking::pool(threads, promise)?),
                )
            }
            Resource::Clock(skew) => {
                let clocks = clocks.ok_or(PressureError::NeedsManager(kind))?;
                let skewing = Skewing::prepare(skew, clocks)?;
                (
                    PressureUnit::Seconds,
                    skewing.most(),
                    Taking::Clock(skewing),
                )
            }
            #[cfg(target_os = "linux")]
            _ => {
                let (unit, requested, host) = super::host::Host::prepare(pressure)?;
                (unit, requested, Taking::Host(Box::new(host)))
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
        tell: Option<Tell>,
        compiled_in: CompiledIn,
    ) -> (PressureGuard, Result<(), PressureError>) {
        let held = Held::new(self.kind, self.unit, self.requested, self.schedule);
        // Somebody is there until all have come: none of those that were started is to be taken for the last.
        let starting = held.enter();
        let told = tell.map_or(Ok(()), |tell| held.have_told(tell));
        let begun = told.and_then(|()| match self.taking {
            Taking::Runtime(blocking) => keep(&held, blocking),
            Taking::Clock(skewing) => skewing.begin(&held),
            #[cfg(target_os = "linux")]
            Taking::Host(host) => host.begin(&held),
        });
        if begun.is_err() {
            held.stop(PressureEnd::Failed("it could not be started".to_owned()));
        }
        drop(starting);
        (
            PressureGuard::new(held, compiled_in),
            begun.map_err(PressureError::system(self.kind, "start a thread")),
        )
    }
}

#[cfg(test)]
mod tests;
