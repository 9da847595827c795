//! The macros that check queries against a database at compile time.
//!
//! They read the database's description from `.sqlx`. To update it, run `DATABASE_URL=sqlite:/tmp/orders.db
//! SQLX_OFFLINE_DIR=chaos-sqlx/.sqlx cargo check -p chaos-sqlx --test checked_queries`.

use std::time::Duration;

use chaos_sqlx::{ChaosPool, Fault};
use sqlite_fixture::{SqliteFixture, all_operations};
use sqlx::Sqlite;

mod sqlite_fixture;

struct Order {
    id: i64,
    item: String,
}

async fn run_all_macros(db: &ChaosPool<Sqlite>) {
    let row = sqlx::query!("SELECT id, item FROM orders WHERE id = ?", 2)
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!((row.id, row.item.as_str()), (2, "milk"));

    let mut transaction = db.begin().await.unwrap();
    sqlx::query!("DELETE FROM orders WHERE id = ?", 1)
        .execute(&mut *transaction)
        .await
        .unwrap();
    let left = sqlx::query_as!(Order, "SELECT id, item FROM orders ORDER BY id")
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
    assert_eq!((left[0].id, left[0].item.as_str()), (2, "milk"));
    transaction.rollback().await.unwrap();

    let mut connection = db.acquire().await.unwrap();
    let count = sqlx::query_scalar!("SELECT count(*) FROM orders")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(count, 3);
}

#[tokio::test]
async fn checked_queries_run_on_pools_connections_and_transactions() {
    let fixture = SqliteFixture::new().await;
    run_all_macros(&fixture.db).await;
    let slow = Fault::latency(Duration::from_micros(100));
    let guard = fixture.chaos.inject(all_operations(), slow).unwrap();
    run_all_macros(&fixture.db).await;
    assert_eq!(guard.injected(), 9);
}
