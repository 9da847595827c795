//! The ready-made experiment `outage`.

use std::time::{Duration, Instant};

use chaos_sqlx::{EndReason, outage};
use sqlite_fixture::{SHORT_TIMEOUT, SqliteFixture, eventually};
use sqlx::{Error, Executor};

mod sqlite_fixture;

const TIME_LIMIT: Duration = SHORT_TIMEOUT.saturating_mul(4);

#[tokio::test]
async fn everything_fails_during_an_outage_and_recovers_afterwards() {
    let fixture = SqliteFixture::with_short_timeout(3).await;
    let db = &fixture.db;
    let mut open = db.acquire().await.unwrap();
    let started = Instant::now();
    let guard = fixture
        .chaos
        .start(outage("orders-db", TIME_LIMIT))
        .unwrap();
    let mut failed = 0;
    while guard.ended().is_none() {
        let Err(error) = db.execute("SELECT 1").await else {
            // The outage ended while this waited.
            break;
        };
        assert!(matches!(error, Error::PoolTimedOut), "{error}");
        if let Err(error) = open.execute("SELECT 1").await {
            assert!(error.as_database_error().is_some(), "{error}");
        }
        failed += 1;
    }
    assert!(failed >= 2, "only {failed} failures");
    assert!(started.elapsed() >= TIME_LIMIT);
    eventually(|| matches!(guard.ended(), Some(EndReason::TimeLimit))).await;
    drop(open);
    for _ in 0..10 {
        db.execute("INSERT INTO orders (item) VALUES ('oats')")
            .await
            .unwrap();
    }
    fixture.assert_all_connections_free(3).await;
}

#[test]
fn an_outage_is_a_valid_experiment_with_a_time_limit() {
    for seconds in [10, 30] {
        let experiment = outage("orders-db", Duration::from_secs(seconds));
        assert!(experiment.check().is_ok());
        assert_eq!(experiment.runs_for(), Duration::from_secs(seconds));
        assert_eq!(experiment.name(), "outage of orders-db");
    }
}
