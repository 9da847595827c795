//! A worker that keeps a share of a core busy.

use std::hint::black_box;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::pressure::engine::state::{PressureState, WaitOutcome};

/// The time from one rest to the next.
const PERIOD: Duration = Duration::from_millis(5);

/// The processor time that a starved worker may catch up on later.
const MAX_BUDGET: Duration = Duration::from_millis(100);

/// The time spun between two checks of the processor time and of a stop.
const STEP: Duration = Duration::from_micros(20);

/// A worker that keeps a share of a core busy.
pub(super) struct Spinner {
    pub(super) number: u32,
    pub(super) duty: f64,
    /// Workers with this number or a higher one rest.
    pub(super) allowed_workers: Arc<AtomicU32>,
    pub(super) used: Arc<AtomicU64>,
    pub(super) demanded: Arc<AtomicU64>,
}

impl Spinner {
    /// Spins until the pressure ends; work is measured in processor time, rests in wall time.
    pub(super) fn run(&self, state: &PressureState) {
        // A refusal only costs accuracy.
        let _ = rustix::thread::set_current_timer_slack(Some(NonZeroU64::MIN));
        let started = cpu_time();
        let mut last_used = started;
        let mut demanded = Duration::ZERO;
        let mut budget = CpuBudget::starting_at(Instant::now());
        loop {
            let now = Instant::now();
            budget.start_period(now, self.duty * state.target_share());
            if self.number >= self.allowed_workers.load(Ordering::Relaxed) {
                budget.seconds = 0.0;
            }
            let mut step_started = now;
            while budget.seconds > 0.0 {
                if state.is_stopping() {
                    return;
                }
                spin();
                let used = cpu_time();
                budget.seconds -= (used - last_used).as_secs_f64();
                last_used = used;
                self.used
                    .store((used - started).as_nanos() as u64, Ordering::Relaxed);
                let now = Instant::now();
                demanded += now - step_started;
                step_started = now;
                self.demanded
                    .store(demanded.as_nanos() as u64, Ordering::Relaxed);
                // An overdue period is closed, so that the budget follows the ramp and its maximum.
                if now > budget.until {
                    break;
                }
            }
            let rest = budget.until.saturating_duration_since(Instant::now());
            if (!rest.is_zero() && state.wait(rest) == WaitOutcome::Stopping) || state.is_stopping()
            {
                return;
            }
        }
    }
}

/// The processor time that a worker still has to use.
struct CpuBudget {
    seconds: f64,
    /// The end of the current period.
    until: Instant,
}

impl CpuBudget {
    fn starting_at(start: Instant) -> Self {
        Self {
            seconds: 0.0,
            until: start,
        }
    }

    /// Adds a share of the next period, and of the time by which the last one overran.
    fn start_period(&mut self, now: Instant, share: f64) {
        let time = now.saturating_duration_since(self.until) + PERIOD;
        self.seconds = (self.seconds + share * time.as_secs_f64()).min(MAX_BUDGET.as_secs_f64());
        self.until = now + PERIOD;
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn spin() {
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
    use super::*;
    use crate::pressure::PressureEnd;

    #[test]
    fn the_budget_is_a_share_of_all_elapsed_time() {
        let start = Instant::now();
        let mut budget = CpuBudget::starting_at(start);
        budget.start_period(start, 0.5);
        assert!(
            (budget.seconds - 0.002_5).abs() < 1e-9,
            "{}",
            budget.seconds
        );
        assert_eq!(budget.until, start + PERIOD);
        // The next period starts 3 ms late, with part of the first budget left.
        budget.seconds -= 0.001_5;
        budget.start_period(start + Duration::from_millis(8), 0.5);
        assert!((budget.seconds - 0.005).abs() < 1e-9, "{}", budget.seconds);
        assert_eq!(budget.until, start + Duration::from_millis(13));
    }

    #[test]
    fn the_budget_of_a_long_suspended_worker_is_capped() {
        let start = Instant::now();
        let mut budget = CpuBudget::starting_at(start);
        budget.start_period(start + Duration::from_secs(3_600), 1.0);
        assert!((budget.seconds - MAX_BUDGET.as_secs_f64()).abs() < 1e-9);
    }

    #[test]
    fn a_worker_beyond_the_allowed_number_rests() {
        let state = PressureState::for_test();
        let spinner = |number| {
            let used = Arc::new(AtomicU64::new(0));
            let spinner = Spinner {
                number,
                duty: 1.0,
                allowed_workers: Arc::new(AtomicU32::new(1)),
                used: Arc::clone(&used),
                demanded: Arc::default(),
            };
            (spinner, used)
        };
        let [(first, first_used), (second, second_used)] = [spinner(0), spinner(1)];
        std::thread::scope(|scope| {
            scope.spawn(|| first.run(&state));
            scope.spawn(|| second.run(&state));
            while first_used.load(Ordering::Relaxed) < 20_000_000 {
                std::thread::yield_now();
            }
            state.stop(PressureEnd::Dropped);
        });
        assert_eq!(second_used.load(Ordering::Relaxed), 0);
    }
}
