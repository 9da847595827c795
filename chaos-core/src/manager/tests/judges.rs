//! An ended experiment keeps no outcomes, though its guard and its status remain.

use std::sync::Weak;
use std::time::Instant;

use super::*;
use crate::judge::Judge;
use crate::outcome::Outcome;

/// The experiment with two conditions, and the outcomes that they judge.
fn observed(chaos: &ChaosManager, name: &str) -> (ExperimentGuard, Vec<Weak<Judge>>) {
    let orders = chaos.site("orders");
    let slow = |quantile| {
        let hour = Duration::from_secs(3_600);
        Condition::latency_above(Rate::percent(quantile).unwrap(), hour).at("orders")
    };
    let experiment = broken(name, points())
        .abort_when(slow(50.0))
        .abort_when(slow(99.0));
    let guard = chaos.start(experiment).unwrap();
    orders.observe().unwrap().finish(Outcome::Success);
    let observers = orders.state().observers();
    let judges: Vec<_> = observers.judges.iter().map(Arc::downgrade).collect();
    assert_eq!(judges.len(), 2);
    (guard, judges)
}

#[test]
fn judges_are_dropped_when_their_experiment_ends() {
    type End = fn(&ChaosManager, &ExperimentGuard);
    let ends: [End; 4] = [
        |chaos, guard| chaos.stop(guard.name()).unwrap(),
        |_, guard| guard.running().abort("a test".to_owned()),
        |_, guard| guard.running().expire(),
        |chaos, _| {
            chaos.halt();
            chaos.resume();
        },
    ];
    let chaos = ChaosManager::new();
    let mut guards = Vec::new();
    for nth in 0..20 {
        for end in ends {
            let (guard, judges) = observed(&chaos, &format!("judged {nth}"));
            end(&chaos, &guard);
            // The bound only turns a hang into a failure: the guardian may tidy up.
            let start = Instant::now();
            while judges.iter().any(|judge| judge.strong_count() > 0) {
                assert!(start.elapsed() < Duration::from_secs(60), "{guard:?}");
                std::thread::yield_now();
            }
            guards.push(guard);
        }
    }
    assert_eq!(chaos.status().len(), 64);
}
