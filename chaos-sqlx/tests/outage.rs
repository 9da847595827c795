//! A database that is down for a while.

use std::time::{Duration, Instant};

use chaos_sqlx::{EndReason, outage};
use setting::{PATIENCE, Setting, eventually};
use sqlx::{Error, Executor};

mod setting;

const LASTS: Duration = PATIENCE.saturating_mul(4);

#[tokio::test]
async fn everything_fails_while_it_lasts_and_recovers_by_itself() {
    let setting = Setting::impatient(3).await;
    let db = &setting.db;
    let mut open = db.acquire().await.unwrap();
    let started = Instant::now();
    let guard = setting.chaos.start(outage("orders-db", LASTS)).unwrap();
    let mut failed = 0;
    while guard.ended().is_none() {
        let Err(error) = db.execute("SELECT 1").await else {
            // It was waited for when the outage ended.
            break;
        };
        assert!(matches!(error, Error::PoolTimedOut), "{error}");
        if let Err(error) = open.execute("SELECT 1").await {
            assert!(error.as_database_error().is_some(), "{error}");
        }
        failed += 1;
    }
    assert!(failed >= 2, "it was tried {failed} times");
    assert!(started.elapsed() >= LASTS);
    eventually(|| matches!(guard.ended(), Some(EndReason::TimeLimit))).await;
    drop(open);
    for _ in 0..10 {
        db.execute("INSERT INTO orders (item) VALUES ('oats')")
            .await
            .unwrap();
    }
    setting.is_whole(3).await;
}

#[test]
fn the_standard_ones_are_plain_data() {
    for seconds in [10, 30] {
        let experiment = outage("orders-db", Duration::from_secs(seconds));
        assert!(experiment.check().is_ok());
        assert_eq!(experiment.runs_for(), Duration::from_secs(seconds));
        assert_eq!(experiment.name(), "outage of orders-db");
    }
}
