//! Threads that burn a share of a core each.

use std::hint::black_box;
use std::io;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::commitments::Commitment;
use super::control_loop::{Load, SMALL_STACK};
use super::limits::{Cores, CpuLimits};
use super::state::{PressureState, WaitOutcome};
use super::worker_throughput::WorkerThroughput;
use crate::pressure::resource;

/// How often a worker takes a rest.
const PERIOD: Duration = Duration::from_millis(5);

/// How much processor time a worker that got none may make up for later.
const DEBT: Duration = Duration::from_millis(100);

/// How long a worker burns between two looks at its clock and at the stop.
const STEP: Duration = Duration::from_micros(20);

/// How many workers there may be for each core: more would make a stop late.
const WORKERS_PER_CORE: f64 = 4.0;

/// From which share of what was asked for on it counts as there.
const ENOUGH: f64 = 0.9;

/// In the unit that workers count in.
const SECOND: f64 = 1e9;

/// Reads what the workers have really had, and keeps their number bounded.
pub(super) struct CpuLoad {
    asked_for: f64,
    /// Nanoseconds of processor time.
    used: WorkerThroughput,
    /// Nanoseconds in which they had processor time or waited for it.
    wanted: WorkerThroughput,
    wanted_share: f64,
    limits: CpuLimits,
    allowed: Arc<AtomicU32>,
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
        let burning = Self {
            asked_for: f64::from(cpu.workers) * duty,
            used: WorkerThroughput::of(cpu.workers),
            wanted: WorkerThroughput::of(cpu.workers),
            wanted_share: 0.0,
            limits,
            allowed: Arc::new(AtomicU32::new(cpu.workers)),
            spinners,
        };
        let counts = burning.used.counts().zip(burning.wanted.counts());
        for (number, (used, wanted)) in (0..).zip(counts) {
            let worker = Spinner {
                number,
                duty,
                allowed: Arc::clone(&burning.allowed),
                used,
                wanted,
            };
            state.spawn(SMALL_STACK, move |state| worker.burn(state))?;
        }
        Ok(burning)
    }
}

/// How many workers there may be on so many cores, for a stop to be in time.
pub(super) fn max_workers(cores: &Cores) -> u32 {
    (cores.number * WORKERS_PER_CORE).ceil().max(1.0) as u32
}

impl Load for CpuLoad {
    fn adjust_to(&mut self, _share: f64, _held: &Arc<PressureState>) -> Result<(), String> {
        // Other pressures spin as well.
        let most = self.spinners.part_of(max_workers(&self.limits.read()));
        self.allowed.store(most, Ordering::Relaxed);
        self.wanted_share = self.wanted.per_second() / SECOND;
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.used.per_second() / SECOND * 100.0
    }

    fn sampling_interval(&self) -> Duration {
        WorkerThroughput::SAMPLING_INTERVAL
    }

    fn reached_threshold(&self) -> f64 {
        ENOUGH
    }

    fn saturation(&self) -> Option<&'static str> {
        // Whoever waits in a queue for all that it lacks keeps as many cores busy as it can get.
        (self.wanted_share >= self.asked_for * ENOUGH)
            .then_some("its workers waited for the rest: no core was free")
    }
}

/// A thread that burns.
struct Spinner {
    number: u32,
    duty: f64,
    allowed: Arc<AtomicU32>,
    used: Arc<AtomicU64>,
    wanted: Arc<AtomicU64>,
}

impl Spinner {
    /// Burns until the end; rests are measured by the clock on the wall, work by that of the thread.
    fn burn(&self, state: &PressureState) {
        // A refusal costs accuracy and nothing else.
        let _ = rustix::thread::set_current_timer_slack(Some(NonZeroU64::MIN));
        let mut worked = cpu_time();
        let start = worked;
        let mut wanted = Duration::ZERO;
        let mut owed = CpuBudget::from(Instant::now());
        loop {
            let now = Instant::now();
            owed.next_period(now, self.duty * state.target_share());
            if self.number >= self.allowed.load(Ordering::Relaxed) {
                owed.seconds = 0.0;
            }
            let mut begun = now;
            while owed.seconds > 0.0 {
                if state.is_stopping() {
                    return;
                }
                step();
                let used = cpu_time();
                owed.seconds -= (used - worked).as_secs_f64();
                worked = used;
                self.used
                    .store((worked - start).as_nanos() as u64, Ordering::Relaxed);
                let now = Instant::now();
                wanted += now - begun;
                begun = now;
                self.wanted
                    .store(wanted.as_nanos() as u64, Ordering::Relaxed);
                // A period that is long over is counted anew, for the ramp and the debt to be right.
                if now > owed.until {
                    break;
                }
            }
            let rest = owed.until.saturating_duration_since(Instant::now());
            if (!rest.is_zero() && state.wait(rest) == WaitOutcome::Stopping) || state.is_stopping()
            {
                return;
            }
        }
    }
}

/// The processor time that a worker has yet to burn.
struct CpuBudget {
    seconds: f64,
    /// The end of its period.
    until: Instant,
}

impl CpuBudget {
    /// Nothing, before the first period.
    fn from(start: Instant) -> Self {
        Self {
            seconds: 0.0,
            until: start,
        }
    }

    /// Adds a share of what the next period is to bring, and of what the last took longer than a period.
    fn next_period(&mut self, now: Instant, share: f64) {
        let time = now.saturating_duration_since(self.until) + PERIOD;
        self.seconds = (self.seconds + share * time.as_secs_f64()).min(DEBT.as_secs_f64());
        self.until = now + PERIOD;
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn step() {
    let end = Instant::now() + STEP;
    let mut number = 1_u64;
    while Instant::now() < end {
        for _ in 0..64 {
            number = black_box(
                number
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1),
            );
        }
    }
}

#[cfg(test)]
mod tests;
