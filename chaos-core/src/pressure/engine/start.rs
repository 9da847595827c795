//! Starts a pressure: validates it, reads its limits, then starts its threads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock_skew::{ClockSkews, PreparedSkew};
use super::prepared::PreparedLoad;
use super::runtime::RuntimeLoad;
use super::schedule::Schedule;
use super::state::PressureState;
use crate::DEFAULT_TIME_LIMIT;
use crate::pressure::notification::Observer;
use crate::pressure::resource::Resource;
use crate::pressure::{
    Pressure, PressureEnd, PressureError, PressureGuard, PressureKind, PressureUnit,
};

/// Starts a pressure without an experiment.
pub(in crate::pressure) fn start_standalone(
    pressure: &Pressure,
) -> Result<PressureGuard, PressureError> {
    let kind = pressure.kind();
    if pressure.is_destructive() && pressure.consent.is_none() {
        return Err(PressureError::NeedsConsent(kind));
    }
    let pressure = match pressure.hold {
        Some(_) => pressure.clone(),
        None => pressure.clone().hold(DEFAULT_TIME_LIMIT),
    };
    let (guard, started) = PreparedPressure::new(&pressure, None)?.start(None, None);
    started.map(|()| guard)
}

/// A pressure that fits and has taken nothing yet.
pub(crate) struct PreparedPressure {
    kind: PressureKind,
    schedule: Schedule,
    load: PreparedLoad,
}

impl PreparedPressure {
    /// Checks that the pressure fits; `clock` is the clock of the manager, if one starts it.
    pub(crate) fn new(
        pressure: &Pressure,
        clock: Option<&Arc<ClockSkews>>,
    ) -> Result<Self, PressureError> {
        let kind = pressure.kind();
        pressure
            .check()
            .map_err(|problem| PressureError::Invalid { kind, problem })?;
        let load = match pressure.resource {
            Resource::RuntimeWorkers(workers) => {
                let requested = f64::from(workers.workers);
                let load = RuntimeLoad::workers(workers)?;
                PreparedLoad::new(PressureUnit::Workers, requested, load)
            }
            Resource::BlockingPool(threads) => {
                #[cfg(target_os = "linux")]
                let commitment = super::host::commit_threads(pressure, threads)?;
                #[cfg(not(target_os = "linux"))]
                let commitment = super::commitments::Commitment::default();
                let load = RuntimeLoad::blocking_pool(threads, commitment)?;
                PreparedLoad::new(PressureUnit::Threads, f64::from(threads), load)
            }
            Resource::Clock(skew) => {
                let clock = clock.ok_or(PressureError::NeedsManager(kind))?;
                let skew = PreparedSkew::new(skew, clock)?;
                let requested = skew.seconds_ahead();
                PreparedLoad::starting(PressureUnit::Seconds, requested, |state| {
                    Ok(skew.start(state))
                })
            }
            #[cfg(target_os = "linux")]
            _ => super::host::prepare(pressure)?,
            #[cfg(not(target_os = "linux"))]
            _ => {
                let why = "it needs Linux".to_owned();
                return Err(PressureError::Unsupported { kind, why });
            }
        };
        let ramp = match pressure.resource {
            Resource::Leak(leak) => {
                let seconds = leak.at_most as f64 / leak.bytes_per_second as f64;
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
            }
            _ => pressure.ramp.0,
        };
        let hold = pressure.hold.map(|hold| hold.0);
        Ok(Self {
            kind,
            schedule: Schedule { ramp, hold },
            load,
        })
    }

    /// Starts the threads, which end the pressure at a deadline if there is one.
    ///
    /// A failed start returns a guard as well, because some of its threads may still have to exit.
    pub(crate) fn start(
        self,
        observer: Option<Observer>,
        deadline: Option<Instant>,
    ) -> (PressureGuard, Result<(), PressureError>) {
        let Self {
            kind,
            schedule,
            load,
        } = self;
        let state = PressureState::new(kind, load.unit, load.requested, schedule, deadline);
        // Registered until all threads have started, so that none of them counts as the last one before that.
        let starting = state.register();
        let observed = observer.map_or(Ok(()), |observer| state.attach_observer(observer));
        let started = observed.and_then(|()| load.start(&state));
        if started.is_err() {
            state.stop(PressureEnd::Failed("it could not be started".to_owned()));
        }
        drop(starting);
        (
            PressureGuard::new(state),
            started.map_err(PressureError::system(kind, "start a thread")),
        )
    }
}

#[cfg(test)]
mod tests;
