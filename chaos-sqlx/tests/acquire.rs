//! Faults of `acquire`, and connections that are held.

use std::time::{Duration, Instant};

use chaos_sqlx::{Experiment, Failure, Fault, Phase, Rate};
use sqlite_fixture::{
    SHORT_TIMEOUT, SqliteFixture, all_operations, collateral_experiment, connections, eventually,
    operation,
};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Error, Executor};

mod sqlite_fixture;

#[tokio::test]
async fn a_failing_acquire_times_out_no_earlier_than_the_pool_would() {
    let fixture = SqliteFixture::with_short_timeout(2).await;
    for fault in [
        Fault::error(Failure::Refused),
        Fault::timeout(Duration::from_millis(1)),
        Fault::timeout(Duration::from_secs(60)),
        Fault::latency(Duration::from_secs(60)),
        Fault::reset(),
    ] {
        for phase in [Phase::Before, Phase::After] {
            let experiment = Experiment::new("no connection")
                .fault(fault.clone())
                .phase(phase)
                .blast_radius(operation("acquire"));
            let guard = fixture.chaos.start(experiment).unwrap();
            let started = Instant::now();
            let error = fixture.db.acquire().await.unwrap_err();
            assert!(
                matches!(error, Error::PoolTimedOut),
                "{fault:?} {phase:?}: {error}"
            );
            assert!(started.elapsed() >= SHORT_TIMEOUT, "{fault:?} {phase:?}");
            assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
        }
    }
    eventually(|| fixture.db.num_idle() == 2).await;
}

#[tokio::test]
async fn a_rate_fails_that_share_of_the_acquires() {
    // Ten times the short timeout, so that no acquire times out by waiting for another.
    let options = SqlitePoolOptions::new().max_connections(1);
    let fixture = SqliteFixture::with_timeout(10 * SHORT_TIMEOUT, options).await;
    let radius = operation("acquire").rate(Rate::percent(30.0).unwrap());
    let guard = fixture
        .chaos
        .inject(radius, Fault::error(Failure::TooManyConnections))
        .unwrap();
    // All at once, so that those that time out do so together.
    let mut acquires = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let db = fixture.db.clone();
        acquires.spawn(async move { matches!(db.acquire().await, Err(Error::PoolTimedOut)) });
    }
    let timed_out = acquires
        .join_all()
        .await
        .into_iter()
        .filter(|timed_out| *timed_out)
        .count() as u64;
    assert_eq!(timed_out, guard.injected());
    assert!((30..=90).contains(&timed_out), "{timed_out} of 200");
}

#[tokio::test]
async fn a_latency_below_the_timeout_only_delays() {
    let fixture = SqliteFixture::with_connections(1).await;
    let slow = Fault::latency(Duration::from_millis(30));
    let _guard = fixture.chaos.inject(operation("acquire"), slow).unwrap();
    let started = Instant::now();
    fixture.db.execute("SELECT 1").await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(30));
}

#[tokio::test]
async fn try_acquire_returns_none_under_every_fault() {
    let fixture = SqliteFixture::with_short_timeout(1).await;
    for fault in [
        Fault::error(Failure::Unavailable),
        Fault::latency(Duration::from_millis(1)),
    ] {
        for phase in [Phase::Before, Phase::After] {
            let experiment = Experiment::new("no connection")
                .fault(fault.clone())
                .phase(phase)
                .blast_radius(operation("acquire"));
            let guard = fixture.chaos.start(experiment).unwrap();
            assert!(fixture.db.try_acquire().is_none());
            assert!(fixture.db.try_begin().await.unwrap().is_none());
            assert_eq!(guard.in_flight(), 0);
            drop(guard);
            eventually(|| fixture.db.num_idle() == 1).await;
            drop(fixture.db.try_acquire().unwrap());
            eventually(|| fixture.db.num_idle() == 1).await;
        }
    }
}

#[tokio::test]
async fn held_connections_are_not_available() {
    let fixture = SqliteFixture::with_short_timeout(3).await;
    // The third connection stays in use: while it returned to the pool, it would be neither idle nor held.
    let mut last = fixture.db.acquire().await.unwrap();
    let hold = collateral_experiment(Fault::hold_connections(connections(2)), all_operations());
    let guard = fixture.chaos.start(hold).unwrap();
    for _ in 0..5 {
        last.execute("SELECT 1").await.unwrap();
    }
    eventually(|| fixture.db.num_idle() == 0).await;
    let started = Instant::now();
    let error = fixture.db.acquire().await.unwrap_err();
    assert!(matches!(error, Error::PoolTimedOut));
    assert!(started.elapsed() >= SHORT_TIMEOUT);
    assert_eq!((fixture.db.size(), guard.in_flight()), (3, 1));
    drop(last);
    // Later hits do not hold more.
    eventually(|| fixture.db.num_idle() == 1).await;
    drop(fixture.db.acquire().await.unwrap());
    drop(guard);
    eventually(|| fixture.db.num_idle() == 3).await;
}

#[tokio::test]
async fn the_guard_says_when_all_connections_are_held() {
    for _ in 0..20 {
        let fixture = SqliteFixture::with_connections(3).await;
        let mut last = fixture.db.acquire().await.unwrap();
        let fault = Fault::hold_connections(connections(2));
        let refused = fixture.chaos.inject(all_operations(), fault.clone());
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("inject_with_collateral"), "{refused}");
        let guard = fixture
            .chaos
            .inject_with_collateral(all_operations(), fault)
            .unwrap();
        last.execute("SELECT 1").await.unwrap();
        guard.wait_until_held().await.unwrap();
        assert_eq!(fixture.db.num_idle(), 0);
        assert!(fixture.db.try_acquire().is_none());
    }
}

#[tokio::test]
async fn a_wait_for_held_connections_ends_with_the_experiment() {
    let fixture = SqliteFixture::with_connections(2).await;
    let _in_use = fixture.db.acquire().await.unwrap();
    let mut last = fixture.db.acquire().await.unwrap();
    let hold = collateral_experiment(Fault::hold_connections(connections(1)), all_operations());
    let guard = fixture.chaos.start(hold).unwrap();
    last.execute("SELECT 1").await.unwrap();
    let (waited, stopped) = tokio::join!(guard.wait_until_held(), async {
        fixture.chaos.stop(guard.name())
    });
    stopped.unwrap();
    assert!(matches!(waited, Err(chaos_sqlx::Error::Ended { .. })));
}

#[tokio::test]
async fn at_most_all_connections_are_held() {
    let fixture = SqliteFixture::with_short_timeout(2).await;
    let hold = collateral_experiment(
        Fault::hold_connections(connections(99)),
        operation("acquire"),
    );
    let guard = fixture.chaos.start(hold.clone()).unwrap();
    fixture.wait_until_exhausted().await;
    drop(guard);
    eventually(|| fixture.db.num_idle() > 0).await;
    fixture.db.execute("SELECT 1").await.unwrap();

    // An experiment of the same name holds them again, even if the last one has not returned all of them yet.
    let _again = fixture.chaos.start(hold).unwrap();
    fixture.wait_until_exhausted().await;
}

#[tokio::test]
async fn closing_the_pool_does_not_wait_for_held_connections() {
    let fixture = SqliteFixture::with_short_timeout(2).await;
    let hold = collateral_experiment(
        Fault::hold_connections(connections(2)),
        operation("acquire"),
    );
    let guard = fixture.chaos.start(hold).unwrap();
    fixture.wait_until_exhausted().await;
    fixture.db.close().await;
    eventually(|| guard.in_flight() == 0).await;
    assert_eq!(fixture.db.size(), 0);
}
