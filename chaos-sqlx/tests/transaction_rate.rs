//! A rate of transactions: a share of them, each struck at most once, decided by one draw.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use chaos_sqlx::{
    BlastRadius, ChaosManager, ChaosPool, Disconnect, Experiment, Failure, Fault, Phase, Rate,
    Scope,
};
use sqlite_fixture::{SqliteFixture, all_operations};
use sqlx::{Executor, Sqlite};

mod sqlite_fixture;

const TRANSACTIONS: u32 = 2_000;

/// The 99.9 % interval of the number of hits among 2,000 draws at 5 %.
const EXPECTED: std::ops::RangeInclusive<u64> = 69..=133;

fn five_percent() -> BlastRadius {
    all_operations().transaction_rate(Rate::percent(5.0).unwrap())
}

fn seeded(seed: u64, fixture: &SqliteFixture) -> (ChaosManager, ChaosPool<Sqlite>) {
    let chaos = ChaosManager::builder().seed(seed).build();
    let db = ChaosPool::new(fixture.sqlx_pool().clone(), &chaos, "orders-db");
    (chaos, db)
}

/// Runs a transaction of several statements; continues after errors, to meet every place of a fault.
async fn run_transaction(db: &ChaosPool<Sqlite>, statements: u32) {
    let Ok(mut transaction) = db.begin().await else {
        panic!("neither `acquire` nor `BEGIN` may be struck");
    };
    for _ in 0..statements {
        let _ = transaction.execute("SELECT 1 UNION SELECT 2").await;
    }
    let _ = transaction.commit().await;
}

#[tokio::test]
async fn the_rate_is_a_share_of_transactions_whatever_their_length() {
    let fixture = SqliteFixture::new().await;
    for seed in 0..10 {
        let (chaos, db) = seeded(seed, &fixture);
        let guard = chaos
            .inject(five_percent(), Fault::error(Failure::Deadlock))
            .unwrap();
        for number in 0..TRANSACTIONS {
            run_transaction(&db, number % 6).await;
        }
        let struck = guard.injected();
        assert!(EXPECTED.contains(&struck), "seed {seed}: {struck}");
    }
}

#[tokio::test]
async fn a_share_of_the_keys_is_struck_in_any_order() {
    let fixture = SqliteFixture::new().await;
    let struck_keys = async |keys: Vec<u32>| {
        let (chaos, db) = seeded(7, &fixture);
        let radius = all_operations().transaction_rate(Rate::percent(30.0).unwrap());
        let guard = chaos
            .inject(radius, Fault::error(Failure::Deadlock))
            .unwrap();
        let mut struck = BTreeSet::new();
        for key in keys {
            let before = guard.injected();
            let scope = Scope::new(format!("order-{key}"));
            scope.enter(run_transaction(&db, 1 + key % 3)).await;
            if guard.injected() > before {
                struck.insert(key);
            }
        }
        struck
    };
    let forwards = struck_keys((0..300).collect()).await;
    let backwards = struck_keys((0..300).rev().collect()).await;
    assert_eq!(forwards, backwards);
    assert!((60..120).contains(&forwards.len()), "{}", forwards.len());
}

#[tokio::test]
async fn each_fault_of_a_statement_strikes_a_transaction_once() {
    let faults = [
        (Fault::latency(Duration::from_micros(1)), Phase::Before),
        (Fault::error(Failure::UniqueViolation), Phase::Before),
        (Fault::error(Failure::Deadlock), Phase::After),
        (Fault::error(Failure::Deadlock), Phase::During),
        (Fault::timeout(Duration::from_micros(1)), Phase::Before),
        (Fault::reset(), Phase::Before),
        (Fault::reset(), Phase::After),
        (Fault::disconnect(Disconnect::ResetAfter(1)), Phase::During),
        (Fault::hold_lock(), Phase::Before),
        (Fault::hold_connections(NonZeroU32::MIN), Phase::Before),
    ];
    for (fault, phase) in faults {
        let fixture = SqliteFixture::with_short_timeout(4).await;
        let experiment = Experiment::new("once")
            .fault(fault.clone())
            .phase(phase)
            .blast_radius(all_operations().transaction_rate(Rate::ALWAYS))
            .allow_collateral();
        let guard = fixture.chaos.start(experiment).unwrap();
        for number in 1..=3 {
            run_transaction(&fixture.db, 4).await;
            assert_eq!(guard.injected(), number, "{fault:?} {phase:?}");
        }
    }
}

#[tokio::test]
async fn savepoints_belong_to_their_transaction_and_a_lone_statement_is_one() {
    let fixture = SqliteFixture::new().await;
    let slow = Fault::latency(Duration::from_micros(1));
    let radius = all_operations().transaction_rate(Rate::ALWAYS);
    let guard = fixture.chaos.inject(radius, slow).unwrap();
    let mut connection = fixture.db.acquire().await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    assert_eq!(guard.injected(), 0, "`acquire` or `BEGIN` was struck");
    let mut savepoint = transaction.begin().await.unwrap();
    savepoint.execute("SELECT 1").await.unwrap();
    savepoint.commit().await.unwrap();
    transaction.execute("SELECT 1").await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(guard.injected(), 1);
    connection.ping().await.unwrap();
    for struck in 2..4 {
        connection.execute("SELECT 1").await.unwrap();
        assert_eq!(guard.injected(), struck);
    }
    // One that is dropped ends too.
    drop(connection.begin().await.unwrap());
    connection.execute("SELECT 1").await.unwrap();
    assert_eq!(guard.injected(), 4);
}

#[tokio::test]
async fn the_radius_says_where_a_transaction_is_struck() {
    let fixture = SqliteFixture::new().await;
    let radius = all_operations().operation("COMMIT");
    let radius = radius.transaction_rate(Rate::ALWAYS);
    let guard = fixture
        .chaos
        .inject(radius, Fault::error(Failure::Deadlock))
        .unwrap();
    let mut transaction = fixture.db.begin().await.unwrap();
    transaction.execute("SELECT 1").await.unwrap();
    assert!(transaction.commit().await.is_err());
    assert_eq!(guard.injected(), 1);
    let explained = fixture.chaos.explain("orders-db", "BEGIN").to_string();
    assert!(explained.contains("COMMIT"), "{explained}");
    drop(guard);
    let _all = fixture
        .chaos
        .inject(five_percent(), Fault::error(Failure::Deadlock))
        .unwrap();
    let explained = fixture.chaos.explain("orders-db", "BEGIN").to_string();
    assert!(explained.contains("transaction_rate"), "{explained}");
}
