//! Processor time: threads that each keep a share of a core busy.

mod spinner;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use self::spinner::Spinner;
use super::commitments::Commitment;
use super::control_loop::SMALL_STACK;
use super::limits::{Cores, CpuLimits};
use super::load::Load;
use super::state::PressureState;
use super::worker_throughput::WorkerThroughput;
use crate::pressure::resource;

/// The maximum number of workers per core: more would delay a stop.
const WORKERS_PER_CORE: f64 = 4.0;

/// The share of the requested processor time that counts as reached.
const REACHED_THRESHOLD: f64 = 0.9;

const NANOSECONDS_PER_SECOND: f64 = 1e9;

/// Measures the processor time of its workers, and limits their number.
pub(super) struct CpuLoad {
    requested_cores: f64,
    /// Nanoseconds of processor time.
    used: WorkerThroughput,
    /// Nanoseconds in which workers had processor time or waited for it.
    demanded: WorkerThroughput,
    demanded_cores: f64,
    limits: CpuLimits,
    allowed_workers: Arc<AtomicU32>,
    spinners: Commitment,
}

impl CpuLoad {
    /// Starts the workers.
    pub(super) fn start(
        state: &Arc<PressureState>,
        cpu: resource::Cpu,
        limits: CpuLimits,
        spinners: Commitment,
    ) -> io::Result<Self> {
        let duty = cpu.duty.as_share();
        let load = Self {
            requested_cores: f64::from(cpu.workers) * duty,
            used: WorkerThroughput::new(cpu.workers),
            demanded: WorkerThroughput::new(cpu.workers),
            demanded_cores: 0.0,
            limits,
            allowed_workers: Arc::new(AtomicU32::new(cpu.workers)),
            spinners,
        };
        let counters = load.used.counters().zip(load.demanded.counters());
        for (number, (used, demanded)) in (0..).zip(counters) {
            let spinner = Spinner {
                number,
                duty,
                allowed_workers: Arc::clone(&load.allowed_workers),
                used,
                demanded,
            };
            state.spawn_worker(SMALL_STACK, move |state| spinner.run(state))?;
        }
        Ok(load)
    }
}

/// Returns how many workers may run on this many cores for a stop to be timely.
pub(super) fn max_workers(cores: &Cores) -> u32 {
    (cores.number * WORKERS_PER_CORE).ceil().max(1.0) as u32
}

impl Load for CpuLoad {
    fn adjust_to(&mut self, _: f64, _: &Arc<PressureState>) -> Result<(), String> {
        // The maximum is shared with other processor pressures.
        let allowed = self.spinners.part_of(max_workers(&self.limits.read()));
        self.allowed_workers.store(allowed, Ordering::Relaxed);
        self.demanded_cores = self.demanded.per_second() / NANOSECONDS_PER_SECOND;
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.used.per_second() / NANOSECONDS_PER_SECOND * 100.0
    }

    fn sampling_interval(&self) -> Duration {
        WorkerThroughput::SAMPLING_INTERVAL
    }

    fn reached_threshold(&self) -> f64 {
        REACHED_THRESHOLD
    }

    fn saturation(&self) -> Option<&'static str> {
        // Workers that are runnable all the time they should use keep every available core busy.
        (self.demanded_cores >= self.requested_cores * REACHED_THRESHOLD)
            .then_some("its workers waited for the rest: no core was free")
    }
}

#[cfg(test)]
mod tests;
