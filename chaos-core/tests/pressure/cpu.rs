//! Processor time.

use std::time::{Duration, Instant};

use chaos_core::error::PressureError;
use chaos_core::{Pressure, PressureGuard, Rate};

use crate::child;
use crate::wait::wait_until;

fn percent(percent: f64) -> Rate {
    Rate::percent(percent).unwrap()
}

/// Returns the processor time of this process in hundredths of a second.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<_> = after_name.split_ascii_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn the_requested_share_of_a_core_is_used_and_no_more() {
    child::isolated(|| {
        let pressure = Pressure::cpu(1, percent(30.0)).start().unwrap();
        wait_until("it is reached", || pressure.took_effect());
        let (before, start) = (ticks(), Instant::now());
        std::thread::sleep(Duration::from_secs(2));
        let share = (ticks() - before) as f64 / start.elapsed().as_secs_f64();
        // A busy machine may give much less, but the pacing must never take more.
        assert!(share > 0.0 && share < 40.0, "{share} %");
        let level = pressure.level();
        assert!((level.requested - 30.0).abs() < 1e-9);
        assert!(level.achieved > 0.0 && level.achieved < 40.0, "{level}");
        drop(pressure);
        wait_until("its threads are idle", || {
            let before = ticks();
            std::thread::sleep(Duration::from_millis(200));
            ticks() - before <= 3
        });
    });
}

#[test]
fn a_stop_ends_all_workers_without_waiting() {
    let pressure = Pressure::cpu(2, percent(100.0)).start().unwrap();
    let second = Pressure::cpu(1, percent(20.0)).start().unwrap();
    pressure.stop();
    wait_until("the workers are gone", || pressure.is_gone());
    assert!(!second.is_gone());
    second.stop();
    wait_until("the other pressure is gone", || second.is_gone());
}

#[tokio::test]
async fn gone_completes_after_the_release() {
    let pressure = Pressure::cpu(1, percent(50.0)).start().unwrap();
    pressure.stop();
    pressure.gone().await;
    assert!(pressure.is_gone());
}

#[test]
fn a_pressure_ends_after_its_hold_time() {
    let pressure: PressureGuard = Pressure::cpu(1, percent(10.0))
        .ramp(Duration::from_millis(50))
        .hold(Duration::from_secs(4))
        .start()
        .unwrap();
    wait_until("it has ended", || pressure.is_gone());
    assert_eq!(
        pressure.ended(),
        Some(&chaos_core::pressure::PressureEnd::HoldElapsed)
    );
}

#[test]
fn a_ramp_starts_near_zero() {
    child::isolated(|| {
        let _pressure = Pressure::cpu(2, percent(100.0))
            .ramp(Duration::from_secs(1_000))
            .start()
            .unwrap();
        let before = ticks();
        std::thread::sleep(Duration::from_secs(1));
        let used = ticks() - before;
        assert!(used <= 10, "{used} % of a core");
    });
}

#[test]
fn workers_that_would_delay_a_stop_are_refused_with_the_figures() {
    child::isolated(|| {
        let refused = Pressure::cpu(100_000, percent(50.0)).start().unwrap_err();
        let PressureError::NoRoom { shortage, .. } = &refused else {
            panic!("{refused}");
        };
        assert_eq!(shortage.requested, 100_000);
        let cores = std::thread::available_parallelism().unwrap().get() as u64;
        // A quota may allow a fraction of a core.
        assert!((1..4 * (cores + 1)).contains(&shortage.free), "{refused}");
        let one_more = u32::try_from(shortage.free + 1).unwrap();
        let also_refused = Pressure::cpu(one_more, percent(50.0)).start();
        assert!(matches!(also_refused, Err(PressureError::NoRoom { .. })));
        assert!(
            refused.to_string().contains("4 workers for each"),
            "{refused}"
        );
    });
}

#[test]
fn competing_workers_reach_what_the_cores_can_give() {
    child::isolated(|| {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
        let pressure = Pressure::cpu(3 * cores, percent(100.0)).start().unwrap();
        wait_until("it is reached", || pressure.took_effect());
        let level = pressure.level();
        // The level is what they got, not what was requested.
        assert!(level.achieved < level.requested * 0.5, "{level}");
        assert!(!pressure.was_reached());
    });
}
