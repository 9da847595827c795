//! Pools that have no connection for you.

use std::time::{Duration, Instant};

use chaos_sqlx::{Experiment, Failure, Fault, Phase, Rate};
use setting::{PATIENCE, Setting, anywhere, collateral, connections, eventually, on};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Error, Executor};

mod setting;

#[tokio::test]
async fn an_acquire_times_out_no_sooner_than_the_pool_would() {
    let setting = Setting::impatient(2).await;
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
                .blast_radius(on("acquire"));
            let guard = setting.chaos.start(experiment).unwrap();
            let started = Instant::now();
            let error = setting.db.acquire().await.unwrap_err();
            assert!(
                matches!(error, Error::PoolTimedOut),
                "{fault:?} {phase:?}: {error}"
            );
            assert!(started.elapsed() >= PATIENCE, "{fault:?} {phase:?}");
            assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
        }
    }
    eventually(|| setting.db.num_idle() == 2).await;
}

#[tokio::test]
async fn some_of_the_acquires_time_out() {
    // Waiting for each other must not be what they time out by.
    let options = SqlitePoolOptions::new().max_connections(1);
    let setting = Setting::as_patient_as(10 * PATIENCE, options).await;
    let radius = on("acquire").rate(Rate::percent(30.0).unwrap());
    let guard = setting
        .chaos
        .inject(radius, Fault::error(Failure::TooManyConnections))
        .unwrap();
    // Asked for at once, so that those which time out do so together.
    let mut tried = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let db = setting.db.clone();
        tried.spawn(async move { matches!(db.acquire().await, Err(Error::PoolTimedOut)) });
    }
    let timed_out = tried
        .join_all()
        .await
        .into_iter()
        .filter(|out| *out)
        .count() as u64;
    assert_eq!(timed_out, guard.injected());
    assert!((30..=90).contains(&timed_out), "{timed_out} of 200");
}

#[tokio::test]
async fn a_latency_within_the_time_limit_only_delays() {
    let setting = Setting::with_connections(1).await;
    let slow = Fault::latency(Duration::from_millis(30));
    let _guard = setting.chaos.inject(on("acquire"), slow).unwrap();
    let started = Instant::now();
    setting.db.execute("SELECT 1").await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(30));
}

#[tokio::test]
async fn who_does_not_wait_finds_no_connection() {
    let setting = Setting::impatient(1).await;
    for fault in [
        Fault::error(Failure::Unavailable),
        Fault::latency(Duration::from_millis(1)),
    ] {
        for phase in [Phase::Before, Phase::After] {
            let experiment = Experiment::new("no connection")
                .fault(fault.clone())
                .phase(phase)
                .blast_radius(on("acquire"));
            let guard = setting.chaos.start(experiment).unwrap();
            assert!(setting.db.try_acquire().is_none());
            assert!(setting.db.try_begin().await.unwrap().is_none());
            assert_eq!(guard.in_flight(), 0);
            drop(guard);
            eventually(|| setting.db.num_idle() == 1).await;
            drop(setting.db.try_acquire().unwrap());
            eventually(|| setting.db.num_idle() == 1).await;
        }
    }
}

#[tokio::test]
async fn connections_that_are_held_are_not_to_be_had() {
    let setting = Setting::impatient(3).await;
    // The one that is not held stays in use: on its way back to the pool it would be in nobody's hands.
    let mut last = setting.db.acquire().await.unwrap();
    let hold = collateral(Fault::hold_connections(connections(2)), anywhere());
    let guard = setting.chaos.start(hold).unwrap();
    for _ in 0..5 {
        last.execute("SELECT 1").await.unwrap();
    }
    eventually(|| setting.db.num_idle() == 0).await;
    let started = Instant::now();
    let error = setting.db.acquire().await.unwrap_err();
    assert!(matches!(error, Error::PoolTimedOut));
    assert!(started.elapsed() >= PATIENCE);
    assert_eq!((setting.db.size(), guard.in_flight()), (3, 1));
    drop(last);
    // Later hits have taken no more.
    eventually(|| setting.db.num_idle() == 1).await;
    drop(setting.db.acquire().await.unwrap());
    drop(guard);
    eventually(|| setting.db.num_idle() == 3).await;
}

#[tokio::test]
async fn more_than_there_are_can_not_be_held() {
    let setting = Setting::impatient(2).await;
    let hold = collateral(Fault::hold_connections(connections(99)), on("acquire"));
    let guard = setting.chaos.start(hold.clone()).unwrap();
    setting.starve().await;
    drop(guard);
    eventually(|| setting.db.num_idle() > 0).await;
    setting.db.execute("SELECT 1").await.unwrap();

    // One of the same name holds them again, though the last one may not have given all back by now.
    let _again = setting.chaos.start(hold).unwrap();
    setting.starve().await;
}

#[tokio::test]
async fn who_closes_the_pool_does_not_wait_for_those_that_are_held() {
    let setting = Setting::impatient(2).await;
    let hold = collateral(Fault::hold_connections(connections(2)), on("acquire"));
    let guard = setting.chaos.start(hold).unwrap();
    setting.starve().await;
    setting.db.close().await;
    eventually(|| guard.in_flight() == 0).await;
    assert_eq!(setting.db.size(), 0);
}
