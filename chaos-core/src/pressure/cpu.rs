//! Threads that burn a share of a core each.

use std::hint::black_box;
use std::io;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::held::{Held, Waited};
use super::keeper::{Hog, SMALL_STACK};
use super::lately::Lately;
use super::resource;

/// How often a worker takes a rest.
const PERIOD: Duration = Duration::from_millis(5);

/// How much processor time a worker that got none may make up for later.
const DEBT: Duration = Duration::from_millis(100);

/// How long a worker burns between two looks at its clock and at the stop.
const STEP: Duration = Duration::from_micros(20);

/// How many workers there may be for each core: more would make a stop late.
pub(super) const WORKERS_PER_CORE: f64 = 4.0;

/// Reads what the workers have really had.
pub(super) struct Burning {
    enough: f64,
    /// Nanoseconds of processor time.
    used: Lately,
}

impl Burning {
    /// Starts the workers.
    pub(super) fn start(held: &Arc<Held>, cpu: resource::Cpu, cores: f64) -> io::Result<Self> {
        let duty = cpu.duty.as_share();
        let used = Lately::of(cpu.workers);
        for used in used.counts() {
            held.spawn(SMALL_STACK, move |held| burn(held, duty, &used))?;
        }
        Ok(Self {
            enough: enough(held.requested() / 100.0, cores),
            used,
        })
    }
}

impl Hog for Burning {
    fn bring_to(&mut self, _share: f64, _held: &Arc<Held>) -> Result<f64, String> {
        const CORE: f64 = 1e9;
        Ok(self.used.per_second() / CORE * 100.0)
    }

    fn every(&self) -> Duration {
        Lately::EVERY
    }

    fn enough(&self) -> f64 {
        self.enough
    }
}

/// Which share of the cores that are asked for is enough.
///
/// More workers than cores make a queue for each core, not more cores. A machine that is busy with others gives less
/// than it could; what there really is stands in the level.
fn enough(asked_for: f64, cores: f64) -> f64 {
    (cores / asked_for).min(1.0) / 2.0
}

/// Burns until the end; rests are measured by the clock on the wall, work by that of the thread.
fn burn(held: &Held, duty: f64, used: &AtomicU64) {
    // A refusal costs accuracy and nothing else.
    let _ = rustix::thread::set_current_timer_slack(Some(NonZeroU64::MIN));
    let mut owed = 0.0;
    let mut worked = cpu_time();
    let start = worked;
    let mut paid_until = Instant::now();
    loop {
        let now = Instant::now();
        // What this period is to bring, and what the last took longer than a period.
        let time = (now - paid_until) + PERIOD;
        owed += duty * held.ramped() * time.as_secs_f64();
        owed = owed.min(DEBT.as_secs_f64());
        paid_until = now + PERIOD;
        while owed > 0.0 {
            if held.is_stopping() {
                return;
            }
            step();
            let now = cpu_time();
            owed -= (now - worked).as_secs_f64();
            worked = now;
            used.store((worked - start).as_nanos() as u64, Ordering::Relaxed);
            // A period that is long over is counted anew, for the ramp and the debt to be right.
            if Instant::now() > paid_until {
                break;
            }
        }
        let rest = paid_until.saturating_duration_since(Instant::now());
        if (!rest.is_zero() && held.wait(rest) == Waited::Stop) || held.is_stopping() {
            return;
        }
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
mod tests {
    use super::enough;

    #[test]
    fn more_workers_than_cores_need_not_have_a_core_each() {
        assert!((enough(0.25, 2.0) - 0.5).abs() < 1e-9);
        assert!((enough(8.0, 2.0) - 0.125).abs() < 1e-9);
    }
}
