//! The methods that connections have besides statements: which of them faults strike, and which not.

use chaos_sqlx::{Failure, Fault};
use sqlite_fixture::{SqliteFixture, all_operations, operation};
use sqlx::Sqlite;

mod sqlite_fixture;

const INSERT: &str = "INSERT INTO orders (item) VALUES ('salt')";

fn deadlock() -> Fault {
    Fault::error(Failure::Deadlock)
}

#[tokio::test]
async fn statements_on_a_connection_as_mut_are_struck() {
    let fixture = SqliteFixture::new().await;
    let inserts = fixture
        .chaos
        .inject(operation("INSERT orders"), deadlock())
        .unwrap();
    let mut pooled = fixture.db.acquire().await.unwrap();
    assert!(sqlx::query(INSERT).execute(pooled.as_mut()).await.is_err());
    let mut detached = pooled.detach();
    assert!(
        sqlx::query(INSERT)
            .execute(detached.as_mut())
            .await
            .is_err()
    );
    let mut transaction = fixture.db.begin().await.unwrap();
    assert!(
        sqlx::query(INSERT)
            .execute(transaction.as_mut())
            .await
            .is_err()
    );
    assert_eq!(inserts.injected(), 3);
}

#[tokio::test]
async fn a_closure_in_a_transaction_commits_and_rolls_back() {
    let fixture = SqliteFixture::new().await;
    let mut connection = fixture.db.acquire().await.unwrap();
    for fails in [false, true] {
        let result: Result<u64, sqlx::Error> = connection
            .transaction(|transaction| {
                Box::pin(async move {
                    let inserted = sqlx::query(INSERT).execute(transaction.as_mut()).await?;
                    if fails {
                        return Err(sqlx::Error::RowNotFound);
                    }
                    Ok(inserted.rows_affected())
                })
            })
            .await;
        assert_eq!(result.is_err(), fails);
        assert!(!connection.is_in_transaction());
        assert_eq!(fixture.order_ids().await, [1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn the_commit_of_a_closure_in_a_transaction_is_struck() {
    let fixture = SqliteFixture::new().await;
    let commits = fixture
        .chaos
        .inject(operation("COMMIT"), deadlock())
        .unwrap();
    let mut connection = fixture.db.acquire().await.unwrap();
    let result: Result<(), sqlx::Error> = connection
        .transaction(|transaction| {
            Box::pin(async move {
                sqlx::query(INSERT).execute(transaction.as_mut()).await?;
                Ok(())
            })
        })
        .await;
    assert!(result.is_err());
    assert_eq!(commits.injected(), 1);
    assert_eq!(fixture.order_ids().await, [1, 2, 3]);
}

#[tokio::test]
async fn upkeep_is_done_by_sqlx_without_faults() {
    let fixture = SqliteFixture::new().await;
    let mut connection = fixture.db.acquire().await.unwrap();
    sqlx::query(INSERT).execute(&mut *connection).await.unwrap();
    assert_eq!(connection.cached_statements_size(), 1);
    let fault = fixture.chaos.inject(all_operations(), deadlock()).unwrap();
    connection.clear_cached_statements().await.unwrap();
    assert_eq!(connection.cached_statements_size(), 0);
    connection.shrink_buffers();
    let mut handle = connection.lock_handle().await.unwrap();
    assert!(handle.last_error().is_none());
    drop(handle);
    let bytes = connection.serialize(None).await.unwrap();
    assert!(bytes.starts_with(b"SQLite format 3"));
    connection.deserialize(None, bytes, true).await.unwrap();
    assert_eq!(fault.injected(), 0);
    drop(fault);
    let read_only = sqlx::query(INSERT).execute(&mut *connection).await;
    assert!(read_only.is_err());
}

#[tokio::test]
async fn a_connection_is_back_in_its_pool_at_once() {
    let fixture = SqliteFixture::with_connections(1).await;
    let mut connection = fixture.db.acquire().await.unwrap();
    connection.return_to_pool().await;
    assert_eq!(fixture.db.num_idle(), 1);
    assert!(fixture.db.try_acquire().is_some());
    // sqlx panics here.
    let late = sqlx::query("SELECT 1").execute(&mut *connection).await;
    assert!(matches!(late, Err(sqlx::Error::Io(_))));
}

#[tokio::test]
async fn a_connection_that_is_closed_hard_frees_its_place() {
    let fixture = SqliteFixture::with_connections(1).await;
    let mut connection = fixture.db.acquire().await.unwrap();
    let lock = sqlx::query("BEGIN IMMEDIATE");
    lock.execute(&mut *connection).await.unwrap();
    connection.detach().close_hard().await.unwrap();
    fixture.assert_all_connections_free(1).await;
    // Its lock is gone with it.
    sqlx::query(INSERT).execute(&fixture.db).await.unwrap();
}

/// Code that is generic over owners of a connection, as sqlx's own are.
async fn count<C: AsMut<chaos_sqlx::ChaosConnection<Sqlite>>>(mut owner: C) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM orders")
        .fetch_one(owner.as_mut())
        .await
        .unwrap()
}

#[tokio::test]
async fn generic_code_takes_each_owner_of_a_connection() {
    let fixture = SqliteFixture::new().await;
    assert_eq!(count(fixture.db.begin().await.unwrap()).await, 3);
    assert_eq!(count(&mut fixture.db.begin().await.unwrap()).await, 3);
    let pooled = fixture.db.acquire().await.unwrap();
    assert_eq!(count(pooled.detach()).await, 3);
    assert_eq!(count(fixture.db.acquire().await.unwrap()).await, 3);
}
