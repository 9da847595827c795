use std::pin::pin;
use std::sync::mpsc::channel;
use std::task::{Context, Waker};
use std::time::Duration;

use super::*;
use crate::{BlastRadius, ChaosManager, Consent, Fault, Pressure};

/// Puts an experiment with a pressure on the table, and ends it before the pressure begins.
fn ended_before_its_pressure_begins(chaos: &ChaosManager, experiment: Experiment) -> StartedAll {
    let radius = BlastRadius::everything(Consent::by("a test").unwrap());
    let ahead = Pressure::clock_ahead(Duration::from_secs(1));
    let experiment = experiment.fault(Fault::exhaust(ahead)).blast_radius(radius);
    let prepared = chaos.0.prepare_pressures(&experiment, Origin::Code);
    let on_table = chaos.0.put_on_table(
        vec![experiment],
        &[prepared.unwrap()],
        Origin::Code,
        Batch::next(),
    );
    let started = StartedAll(on_table.map_err(|(_, error)| error).unwrap());
    chaos.stop("a").unwrap();
    started
}

#[test]
fn an_experiment_is_settled_once_its_pressures_have_begun_or_will_not() {
    let chaos = ChaosManager::new();
    let started = ended_before_its_pressure_begins(&chaos, Experiment::new("a"));
    let running = Arc::clone(&started.0[0].running);
    assert!(!running.is_settled());
    let mut settled = pin!(running.settled());
    let mut context = Context::from_waker(Waker::noop());
    assert!(settled.as_mut().poll(&mut context).is_pending());
    drop(started);
    assert!(running.is_settled());
    assert!(settled.as_mut().poll(&mut context).is_ready(), "notified");
}

#[test]
fn a_dry_run_has_no_pressures_to_wait_for() {
    let chaos = ChaosManager::new();
    let started = ended_before_its_pressure_begins(&chaos, Experiment::new("a").dry_run());
    assert!(started.0[0].running.is_settled());
}

#[test]
fn an_experiment_that_ends_while_its_name_is_taken_is_settled() {
    let chaos = ChaosManager::new();
    let experiment = || {
        Experiment::new("a")
            .fault(Fault::Panic)
            .blast_radius(BlastRadius::points_at("pms"))
    };
    let guard = chaos.start(experiment()).unwrap();
    let (undone, is_undone) = channel();
    guard.on_end(move || undone.send(()).unwrap());
    // It ends after the sweep of the next start.
    guard.running().stop(EndReason::Stopped);
    let next = vec![experiment()];
    let started = chaos
        .0
        .put_on_table(next, &[Vec::new()], Origin::Code, Batch::next());
    assert_eq!(started.map(|started| started.len()).ok(), Some(1));
    // A bound against hanging, which judges no speed.
    let bound = Duration::from_secs(60);
    is_undone.recv_timeout(bound).expect("the undo runs");
}
