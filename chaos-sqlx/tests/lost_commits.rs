//! Commits whose outcome the client does not know.

use chaos_sqlx::{Experiment, ExperimentGuard, Failure, Fault, Phase};
use sqlite_fixture::{SqliteFixture, operation};
use sqlx::Executor;

mod sqlite_fixture;

fn start(fixture: &SqliteFixture, name: &str, fault: Fault, phase: Phase) -> ExperimentGuard {
    let experiment = Experiment::new("ambiguous")
        .fault(fault)
        .phase(phase)
        .blast_radius(operation(name));
    fixture.chaos.start(experiment).unwrap()
}

fn faults() -> [Fault; 4] {
    [
        Fault::reset(),
        Fault::error(Failure::Closed),
        Fault::error(Failure::SerializationConflict),
        Fault::error(Failure::Unavailable),
    ]
}

async fn insert(fixture: &SqliteFixture) -> sqlx::Result<()> {
    let mut transaction = fixture.db.begin().await?;
    transaction
        .execute("INSERT INTO orders VALUES (4, 'salt')")
        .await?;
    transaction.commit().await
}

#[tokio::test]
async fn a_fault_before_a_commit_rolls_back() {
    for fault in faults() {
        let fixture = SqliteFixture::with_connections(1).await;
        let guard = start(&fixture, "COMMIT", fault, Phase::Before);
        assert!(insert(&fixture).await.is_err());
        assert_eq!(
            (fixture.order_ids().await, guard.injected()),
            (vec![1, 2, 3], 1)
        );
        drop(guard);
        insert(&fixture).await.unwrap();
        assert_eq!(fixture.order_ids().await, [1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn a_fault_after_a_commit_leaves_it_committed() {
    for fault in faults() {
        let fixture = SqliteFixture::with_connections(1).await;
        let guard = start(&fixture, "COMMIT", fault, Phase::After);
        assert!(insert(&fixture).await.is_err());
        assert_eq!(
            (fixture.order_ids().await, guard.injected()),
            (vec![1, 2, 3, 4], 1)
        );
        drop(guard);
        // The connection has no transaction left.
        let mut transaction = fixture.db.begin().await.unwrap();
        transaction.execute("DELETE FROM orders").await.unwrap();
        transaction.rollback().await.unwrap();
        assert_eq!(fixture.order_ids().await, [1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn savepoints_are_lost_or_kept_like_transactions() {
    for (phase, expected) in [
        (Phase::Before, vec![1, 2, 3, 5]),
        (Phase::After, vec![1, 2, 3, 4, 5]),
    ] {
        let fixture = SqliteFixture::with_connections(1).await;
        let mut outer = fixture.db.begin().await.unwrap();
        let mut inner = outer.begin().await.unwrap();
        inner
            .execute("INSERT INTO orders VALUES (4, 'salt')")
            .await
            .unwrap();
        let internal = Fault::error(Failure::Internal);
        let guard = start(&fixture, "COMMIT", internal, phase);
        assert!(inner.commit().await.is_err());
        drop(guard);
        outer
            .execute("INSERT INTO orders VALUES (5, 'oats')")
            .await
            .unwrap();
        outer.commit().await.unwrap();
        assert_eq!(fixture.order_ids().await, expected, "{phase:?}");
    }
}

#[tokio::test]
async fn a_transaction_whose_begin_fails_is_not_open() {
    for phase in [Phase::Before, Phase::After] {
        let fixture = SqliteFixture::with_connections(1).await;
        let _guard = start(&fixture, "BEGIN", Fault::error(Failure::Internal), phase);
        let mut connection = fixture.db.acquire().await.unwrap();
        assert!(connection.begin().await.is_err());
        connection
            .execute("INSERT INTO orders VALUES (4, 'salt')")
            .await
            .unwrap();
        drop(connection);
        assert_eq!(fixture.order_ids().await, [1, 2, 3, 4], "{phase:?}");
    }
}

#[tokio::test]
async fn a_failed_savepoint_leaves_its_transaction_intact() {
    let fixture = SqliteFixture::with_connections(1).await;
    let mut outer = fixture.db.begin().await.unwrap();
    outer
        .execute("INSERT INTO orders VALUES (4, 'salt')")
        .await
        .unwrap();
    let guard = start(
        &fixture,
        "BEGIN",
        Fault::error(Failure::Internal),
        Phase::Before,
    );
    assert!(outer.begin().await.is_err());
    drop(guard);
    outer.commit().await.unwrap();
    assert_eq!(fixture.order_ids().await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_rollback_happens_in_spite_of_a_fault() {
    for phase in [Phase::Before, Phase::After] {
        for fault in faults() {
            let fixture = SqliteFixture::with_connections(1).await;
            let mut transaction = fixture.db.begin().await.unwrap();
            transaction.execute("DELETE FROM orders").await.unwrap();
            let _guard = start(&fixture, "ROLLBACK", fault, phase);
            assert!(transaction.rollback().await.is_err());
            assert_eq!(fixture.order_ids().await, [1, 2, 3], "{phase:?}");
        }
    }
}
