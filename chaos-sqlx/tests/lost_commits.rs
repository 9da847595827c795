//! Commits of which the client does not know whether they happened.

use chaos_sqlx::{Experiment, ExperimentGuard, Failure, Fault, Phase};
use setting::{Setting, on};
use sqlx::Executor;

mod setting;

fn start(setting: &Setting, operation: &str, fault: Fault, phase: Phase) -> ExperimentGuard {
    let experiment = Experiment::new("ambiguous")
        .fault(fault)
        .phase(phase)
        .blast_radius(on(operation));
    setting.chaos.start(experiment).unwrap()
}

fn faults() -> [Fault; 4] {
    [
        Fault::reset(),
        Fault::error(Failure::Closed),
        Fault::error(Failure::SerializationConflict),
        Fault::error(Failure::Unavailable),
    ]
}

async fn insert(setting: &Setting) -> sqlx::Result<()> {
    let mut transaction = setting.db.begin().await?;
    transaction
        .execute("INSERT INTO orders VALUES (4, 'salt')")
        .await?;
    transaction.commit().await
}

#[tokio::test]
async fn a_commit_that_did_not_happen() {
    for fault in faults() {
        let setting = Setting::with_connections(1).await;
        let guard = start(&setting, "COMMIT", fault, Phase::Before);
        assert!(insert(&setting).await.is_err());
        assert_eq!(
            (setting.orders().await, guard.injected()),
            (vec![1, 2, 3], 1)
        );
        drop(guard);
        insert(&setting).await.unwrap();
        assert_eq!(setting.orders().await, [1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn a_commit_that_did_happen() {
    for fault in faults() {
        let setting = Setting::with_connections(1).await;
        let guard = start(&setting, "COMMIT", fault, Phase::After);
        assert!(insert(&setting).await.is_err());
        assert_eq!(
            (setting.orders().await, guard.injected()),
            (vec![1, 2, 3, 4], 1)
        );
        drop(guard);
        // Nothing of it is left on the connection.
        let mut transaction = setting.db.begin().await.unwrap();
        transaction.execute("DELETE FROM orders").await.unwrap();
        transaction.rollback().await.unwrap();
        assert_eq!(setting.orders().await, [1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn a_savepoint_is_lost_or_kept_in_the_same_way() {
    for (phase, expected) in [
        (Phase::Before, vec![1, 2, 3, 5]),
        (Phase::After, vec![1, 2, 3, 4, 5]),
    ] {
        let setting = Setting::with_connections(1).await;
        let mut outer = setting.db.begin().await.unwrap();
        let mut inner = outer.begin().await.unwrap();
        inner
            .execute("INSERT INTO orders VALUES (4, 'salt')")
            .await
            .unwrap();
        let conflict = Fault::error(Failure::Internal);
        let guard = start(&setting, "COMMIT", conflict, phase);
        assert!(inner.commit().await.is_err());
        drop(guard);
        outer
            .execute("INSERT INTO orders VALUES (5, 'oats')")
            .await
            .unwrap();
        outer.commit().await.unwrap();
        assert_eq!(setting.orders().await, expected, "{phase:?}");
    }
}

#[tokio::test]
async fn a_transaction_that_is_told_it_did_not_begin_has_not_begun() {
    for phase in [Phase::Before, Phase::After] {
        let setting = Setting::with_connections(1).await;
        let _guard = start(&setting, "BEGIN", Fault::error(Failure::Internal), phase);
        let mut connection = setting.db.acquire().await.unwrap();
        assert!(connection.begin().await.is_err());
        connection
            .execute("INSERT INTO orders VALUES (4, 'salt')")
            .await
            .unwrap();
        drop(connection);
        assert_eq!(setting.orders().await, [1, 2, 3, 4], "{phase:?}");
    }
}

#[tokio::test]
async fn a_savepoint_that_did_not_begin_takes_nothing_with_it() {
    let setting = Setting::with_connections(1).await;
    let mut outer = setting.db.begin().await.unwrap();
    outer
        .execute("INSERT INTO orders VALUES (4, 'salt')")
        .await
        .unwrap();
    let guard = start(
        &setting,
        "BEGIN",
        Fault::error(Failure::Internal),
        Phase::Before,
    );
    assert!(outer.begin().await.is_err());
    drop(guard);
    outer.commit().await.unwrap();
    assert_eq!(setting.orders().await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_rollback_happens_whatever_its_client_is_told() {
    for phase in [Phase::Before, Phase::After] {
        for fault in faults() {
            let setting = Setting::with_connections(1).await;
            let mut transaction = setting.db.begin().await.unwrap();
            transaction.execute("DELETE FROM orders").await.unwrap();
            let _guard = start(&setting, "ROLLBACK", fault, phase);
            assert!(transaction.rollback().await.is_err());
            assert_eq!(setting.orders().await, [1, 2, 3], "{phase:?}");
        }
    }
}
