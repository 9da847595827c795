//! Skewed clocks.

use std::time::{Duration, SystemTime};

use chaos_core::pressure::PressureChange;
use chaos_core::{
    BlastRadius, ChaosManager, Consent, EndReason, Event, Experiment, Fault, Pressure,
};

use crate::wait::wait_until;

const HOUR: Duration = Duration::from_secs(3_600);
/// Far longer than a test takes, far shorter than the skew.
const TOLERANCE: Duration = Duration::from_secs(600);

fn everything() -> BlastRadius {
    BlastRadius::everything(Consent::by("a test").unwrap())
}

/// Returns how many seconds the manager's clock is ahead.
fn seconds_ahead(chaos: &ChaosManager) -> f64 {
    match chaos.now().duration_since(SystemTime::now()) {
        Ok(ahead) => ahead.as_secs_f64(),
        Err(behind) => -behind.duration().as_secs_f64(),
    }
}

#[track_caller]
fn assert_hours_ahead(chaos: &ChaosManager, hours: f64) {
    let off = (seconds_ahead(chaos) - hours * HOUR.as_secs_f64()).abs();
    assert!(off < TOLERANCE.as_secs_f64(), "{} s", seconds_ahead(chaos));
}

#[test]
fn the_clock_of_one_manager_is_skewed_until_the_guard_is_dropped() {
    let (chaos, other) = (ChaosManager::new(), ChaosManager::new());
    assert_hours_ahead(&chaos, 0.0);
    let ahead = chaos
        .inject(
            everything(),
            Fault::exhaust(Pressure::clock_ahead(3 * HOUR)),
        )
        .unwrap();
    assert_hours_ahead(&chaos, 3.0);
    assert_hours_ahead(&other, 0.0);
    let level = ahead.pressure()[0];
    assert!((level.achieved - 3.0 * 3_600.0).abs() < 1.0, "{level}");
    let behind = chaos
        .inject(everything(), Fault::exhaust(Pressure::clock_behind(HOUR)))
        .unwrap();
    assert_hours_ahead(&chaos, 2.0);
    drop(ahead);
    assert_hours_ahead(&chaos, -1.0);
    chaos.halt();
    assert_hours_ahead(&chaos, 0.0);
    drop(behind);
}

#[test]
fn a_ramp_makes_the_clock_drift() {
    let chaos = ChaosManager::new();
    let slow = Pressure::clock_ahead(1_000 * HOUR).ramp(1_000_000 * HOUR);
    let _drifting = chaos.inject(everything(), Fault::exhaust(slow)).unwrap();
    assert_hours_ahead(&chaos, 0.0);
    let short = Pressure::clock_ahead(5 * HOUR).hold(Duration::from_nanos(1));
    let _elapsed = chaos.inject(everything(), Fault::exhaust(short)).unwrap();
    assert_hours_ahead(&chaos, 0.0);
}

#[test]
fn a_skew_that_no_clock_can_show_is_refused() {
    let chaos = ChaosManager::new();
    let refused = chaos
        .inject(
            everything(),
            Fault::exhaust(Pressure::clock_ahead(Duration::MAX)),
        )
        .unwrap_err();
    assert!(
        refused.to_string().contains("no clock can show"),
        "{refused}"
    );
    assert_hours_ahead(&chaos, 0.0);
}

/// Returns the journalled changes of pressures and their levels.
fn changes(chaos: &ChaosManager) -> Vec<(PressureChange, f64)> {
    let entries = chaos.journal().into_iter();
    entries
        .filter_map(|entry| match entry.event {
            Event::Pressure { change, level, .. } => Some((change, level.achieved)),
            _ => None,
        })
        .collect()
}

#[test]
fn the_journal_records_clock_skews() {
    let chaos = ChaosManager::new();
    let first = chaos
        .inject(everything(), Fault::exhaust(Pressure::clock_behind(HOUR)))
        .unwrap();
    wait_until("it is reached", || !changes(&chaos).is_empty());
    drop(first);
    wait_until("it is given back", || changes(&chaos).len() == 2);
    assert_eq!(
        changes(&chaos),
        [
            (PressureChange::Reached, -3_600.0),
            (PressureChange::GivenBack, -3_600.0)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_in_virtual_time_ends_clock_skews_and_other_pressures() {
    let chaos = ChaosManager::new();
    let experiment = |name: &str, pressure| {
        Experiment::new(name)
            .fault(Fault::exhaust(pressure))
            .blast_radius(everything())
            .time_limit(Duration::from_secs(60))
    };
    let clock = chaos
        .start(experiment("clock", Pressure::clock_ahead(HOUR)))
        .unwrap();
    let threads = chaos
        .start(experiment("threads", Pressure::threads(3)))
        .unwrap();
    assert_hours_ahead(&chaos, 1.0);
    tokio::time::advance(Duration::from_secs(3_000)).await;
    assert_eq!(threads.ended(), Some(&EndReason::TimeLimit));
    assert_hours_ahead(&chaos, 0.0);
    assert_eq!(clock.ended(), Some(&EndReason::TimeLimit));
    wait_until("the threads are given back", || {
        threads.pressure()[0].achieved == 0.0
    });
}
