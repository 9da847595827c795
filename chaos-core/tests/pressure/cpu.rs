//! Processor time.

use std::time::{Duration, Instant};

use chaos_core::error::PressureError;
use chaos_core::{Pressure, PressureGuard, Rate};

use crate::child;
use crate::patience::wait_until;

fn percent(percent: f64) -> Rate {
    Rate::percent(percent).unwrap()
}

/// The processor time of this whole process, in ticks of a hundredth of a second.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<_> = after_name.split_ascii_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn a_share_of_a_core_is_burnt_and_no_more() {
    child::passes("cpu::burns");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn burns() {
    assert!(child::plays("cpu::burns"));
    let pressure = Pressure::cpu(1, percent(30.0)).start().unwrap();
    wait_until("it burns", || pressure.was_reached());
    let (before, start) = (ticks(), Instant::now());
    std::thread::sleep(Duration::from_secs(2));
    let share = (ticks() - before) as f64 / start.elapsed().as_secs_f64();
    // A machine that others keep busy may give less, but the pacing must never take more.
    assert!((5.0..40.0).contains(&share), "{share} %");
    let level = pressure.level();
    assert!((level.requested - 30.0).abs() < 1e-9);
    assert!((5.0..40.0).contains(&level.achieved), "{level}");
    drop(pressure);
    wait_until("it rests", || {
        let before = ticks();
        std::thread::sleep(Duration::from_millis(200));
        ticks() - before <= 3
    });
}

#[test]
fn a_drop_does_not_wait_and_ends_all_workers() {
    let pressure = Pressure::cpu(2, percent(100.0)).start().unwrap();
    let second = Pressure::cpu(1, percent(20.0)).start().unwrap();
    pressure.stop();
    wait_until("the workers are gone", || pressure.is_gone());
    assert!(!second.is_gone());
    second.stop();
    wait_until("the other is gone", || second.is_gone());
}

#[tokio::test]
async fn gone_returns_when_it_is() {
    let pressure = Pressure::cpu(1, percent(50.0)).start().unwrap();
    pressure.stop();
    pressure.gone().await;
    assert!(pressure.is_gone());
}

#[test]
fn it_ends_by_itself_when_it_was_held_long_enough() {
    let pressure: PressureGuard = Pressure::cpu(1, percent(10.0))
        .ramp(Duration::from_millis(50))
        .hold(Duration::from_secs(4))
        .start()
        .unwrap();
    wait_until("it is over", || pressure.is_gone());
    assert_eq!(
        pressure.ended(),
        Some(&chaos_core::pressure::PressureEnd::Over)
    );
}

#[test]
fn a_ramp_begins_with_next_to_nothing() {
    child::passes("cpu::ramps");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn ramps() {
    assert!(child::plays("cpu::ramps"));
    let _pressure = Pressure::cpu(2, percent(100.0))
        .ramp(Duration::from_secs(1_000))
        .start()
        .unwrap();
    let before = ticks();
    std::thread::sleep(Duration::from_secs(1));
    let burnt = ticks() - before;
    assert!(burnt <= 10, "{burnt} % of a core");
}

#[test]
fn more_workers_than_a_stop_can_wait_for_are_refused_with_the_figures() {
    child::passes("cpu::do_not_fit");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn do_not_fit() {
    assert!(child::plays("cpu::do_not_fit"));
    let refused = Pressure::cpu(100_000, percent(50.0)).start().unwrap_err();
    let PressureError::NoRoom { shortage, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(shortage.requested, 100_000);
    let cores = std::thread::available_parallelism().unwrap().get() as u64;
    // A quota may allow for parts of a core.
    assert!((1..4 * (cores + 1)).contains(&shortage.free), "{refused}");
    let one_more = u32::try_from(shortage.free + 1).unwrap();
    let refused_too = Pressure::cpu(one_more, percent(50.0)).start();
    assert!(matches!(refused_too, Err(PressureError::NoRoom { .. })));
    assert!(
        refused.to_string().contains("4 workers for each"),
        "{refused}"
    );
}

#[test]
fn workers_that_wait_for_the_cores_of_each_other_are_as_much_as_can_be_had() {
    child::passes("cpu::queues");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn queues() {
    assert!(child::plays("cpu::queues"));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    let pressure = Pressure::cpu(3 * cores, percent(100.0)).start().unwrap();
    wait_until("it is on", || pressure.was_reached());
    let level = pressure.level();
    // What it asked for is not claimed.
    assert!(level.achieved < level.requested * 0.5, "{level}");
}
