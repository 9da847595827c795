//! Code that takes sqlx's own connections goes around the faults of a pool: the journal and `explain` say so.

use chaos_sqlx::{ChaosManager, ChaosPool, Fault};
use sqlite_fixture::{SqliteFixture, all_operations};
use sqlx::{Acquire, Sqlite};

mod sqlite_fixture;

/// Code that is generic over pools and connections, and gets a sqlx connection from either.
async fn select<'a>(from: impl Acquire<'a, Database = Sqlite>) {
    let mut connection = from.acquire().await.unwrap();
    sqlx::query("SELECT 1")
        .execute(&mut *connection)
        .await
        .unwrap();
}

async fn select_in_transaction<'a>(from: impl Acquire<'a, Database = Sqlite>) {
    let mut transaction = from.begin().await.unwrap();
    sqlx::query("SELECT 1")
        .execute(&mut *transaction)
        .await
        .unwrap();
}

async fn use_unwrapped(way: usize, db: &ChaosPool<Sqlite>) {
    match way {
        0 => select(db).await,
        1 => select_in_transaction(db).await,
        2 => select(&mut *db.acquire().await.unwrap()).await,
        3 => select_in_transaction(&mut db.acquire().await.unwrap()).await,
        _ => select(&mut db.begin().await.unwrap()).await,
    }
}

fn explanation(chaos: &ChaosManager) -> String {
    chaos.explain("orders-db", "SELECT").to_string()
}

/// The number of journalled reports of unwrapped connections.
fn reports(chaos: &ChaosManager) -> usize {
    let entries = chaos.journal().into_iter();
    let entries = entries.map(|entry| format!("{:?}", entry.event));
    entries
        .filter(|event| event.contains("UnwrappedConnection"))
        .count()
}

#[tokio::test]
async fn each_way_to_an_unwrapped_connection_is_reported_once() {
    for way in 0..5 {
        let fixture = SqliteFixture::new().await;
        use_unwrapped(way, &fixture.db).await;
        let slow = Fault::latency(std::time::Duration::from_micros(1));
        let _slow = fixture.chaos.inject(all_operations(), slow).unwrap();
        assert!(!explanation(&fixture.chaos).contains("unwrapped"), "{way}");
        for _ in 0..2 {
            use_unwrapped(way, &fixture.db).await;
        }
        let explanation = explanation(&fixture.chaos);
        assert!(
            explanation.contains("unwrapped connection"),
            "{way}: {explanation}"
        );
        assert_eq!(reports(&fixture.chaos), 1, "{way}");
    }
}

#[tokio::test]
async fn a_bypass_and_wrapped_use_are_not_reported() {
    let fixture = SqliteFixture::new().await;
    let slow = Fault::latency(std::time::Duration::from_micros(1));
    let _slow = fixture.chaos.inject(all_operations(), slow).unwrap();
    select(fixture.db.bypass()).await;
    let mut connection = fixture.db.acquire().await.unwrap();
    select(connection.bypass().unwrap()).await;
    sqlx::query("SELECT 1")
        .execute(&mut *connection)
        .await
        .unwrap();
    assert_eq!(reports(&fixture.chaos), 0);
    assert!(!explanation(&fixture.chaos).contains("unwrapped"));
}
