//! Several faults on one flow: delays add up, then the first failure.

use chaos_core::adapter::Breakage;
use chaos_core::{ChaosManager, Disconnect, Experiment, Failure, Fault, Latency};
use tokio::time::Instant;

use crate::direction::{Direction, MS, SECOND, radius};

fn all(name: &str, faults: impl IntoIterator<Item = Fault>) -> Experiment {
    let experiment = Experiment::new(name).blast_radius(radius());
    faults.into_iter().fold(experiment, Experiment::fault)
}

#[tokio::test(start_paused = true)]
async fn a_failure_comes_after_all_delays() {
    let late = || Fault::latency(200 * MS);
    for (faults, takes) in [
        (vec![late(), Fault::reset()], 200 * MS),
        (
            vec![late(), late(), Fault::error(Failure::Unavailable)],
            400 * MS,
        ),
        (vec![late(), Fault::timeout(SECOND)], 1_200 * MS),
        (
            vec![late(), Fault::disconnect(Disconnect::CutAfter(0))],
            200 * MS,
        ),
        (vec![Fault::reset(), late()], 200 * MS),
    ] {
        let chaos = ChaosManager::new();
        let guard = chaos.start(all("both", faults.clone())).unwrap();
        let begin = Instant::now();
        assert!(Direction::new(&chaos, 0).is_hit().await, "{faults:?}");
        assert_eq!(begin.elapsed(), takes, "{faults:?}");
        assert_eq!(guard.injected(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_comes_after_the_delays_of_other_experiments() {
    for (late, reset) in [("a", "b"), ("b", "a")] {
        let chaos = ChaosManager::new();
        let _late = chaos.start(all(late, [Fault::latency(200 * MS)])).unwrap();
        let _reset = chaos.start(all(reset, [Fault::reset()])).unwrap();
        let begin = Instant::now();
        assert!(Direction::new(&chaos, 0).is_hit().await);
        assert_eq!(begin.elapsed(), 200 * MS, "late {late}, reset {reset}");
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_before_a_break_are_late_and_so_is_the_break() {
    let chaos = ChaosManager::new();
    let cut = Fault::disconnect(Disconnect::CutAfter(5));
    let _guard = chaos
        .start(all("both", [Fault::latency(SECOND), cut]))
        .unwrap();
    let mut read = Direction::new(&chaos, 0);
    let begin = Instant::now();
    assert_eq!(read.pass_zeroes(5).await.unwrap(), [(5, SECOND)]);
    assert!(read.is_hit().await);
    assert_eq!(begin.elapsed(), 2 * SECOND);
}

/// A sampled delay is sampled once, however often the adapter asks.
#[tokio::test(start_paused = true)]
async fn a_held_failure_keeps_its_time() {
    let chaos = ChaosManager::new();
    let jitter = Latency::uniform(100 * MS, 900 * MS).unwrap();
    let _guard = chaos
        .start(all("both", [Fault::latency(jitter), Fault::reset()]))
        .unwrap();
    let mut read = Direction::new(&chaos, 0);
    read.follow();
    let arrived = Instant::now().into_std();
    let held = read.flow.schedule(1, arrived).unwrap();
    assert_eq!(held.len, 0);
    for _ in 0..10 {
        assert_eq!(read.flow.schedule(1, arrived).unwrap(), held);
    }
    tokio::time::sleep_until(held.due.unwrap().into()).await;
    assert_eq!(
        read.flow.schedule(1, arrived).unwrap_err().how,
        Breakage::Reset
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_ends_with_its_experiment_while_it_is_held() {
    let chaos = ChaosManager::new();
    let guard = chaos
        .start(all("both", [Fault::latency(SECOND), Fault::reset()]))
        .unwrap();
    let mut read = Direction::new(&chaos, 0);
    let end = async {
        tokio::time::sleep(SECOND / 2).await;
        drop(guard);
    };
    let (passed, ()) = tokio::join!(read.pass_zeroes(1), end);
    assert_eq!(passed.unwrap(), [(1, SECOND / 2)]);
}
