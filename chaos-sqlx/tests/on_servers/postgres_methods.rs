//! What only connections of Postgres can do: `COPY`, which is an operation, and what goes around faults.

use chaos_sqlx::{BlastRadius, ChaosPool, Failure, Fault};
use futures_util::TryStreamExt;
use sqlx::Postgres;
use sqlx::postgres::{PgAdvisoryLock, PgListener};

use crate::server_fixture::{ServerFixture, code};

const COPY_IN: &str = "COPY orders (id, amount) FROM STDIN";
const COPY_OUT: &str = "COPY orders (id) TO STDOUT";

async fn copy_in(db: &ChaosPool<Postgres>, row: &str) -> sqlx::Result<u64> {
    let mut connection = db.acquire().await?;
    let mut copy = connection.copy_in_raw(COPY_IN).await?;
    copy.send(row.as_bytes()).await?;
    copy.finish().await
}

async fn copy_out(db: &ChaosPool<Postgres>) -> sqlx::Result<usize> {
    let mut connection = db.acquire().await?;
    let rows: Vec<_> = connection
        .copy_out_raw(COPY_OUT)
        .await?
        .try_collect()
        .await?;
    Ok(rows.len())
}

fn assert_is_deadlock<T: std::fmt::Debug>(result: sqlx::Result<T>) {
    assert_eq!(code(&result.unwrap_err()), "40P01");
}

#[tokio::test]
async fn a_copy_is_an_operation() {
    let Some(fixture) = ServerFixture::<Postgres>::new().await else {
        return;
    };
    let rows = copy_out(&fixture.db).await.unwrap();
    let copies = BlastRadius::queries_on("db").operation("COPY orders");
    let deadlock = fixture
        .chaos
        .inject(copies, Fault::error(Failure::Deadlock))
        .unwrap();
    assert_is_deadlock(copy_in(&fixture.db, "98\t1\n").await);
    assert_is_deadlock(copy_out(&fixture.db).await);
    assert_eq!(deadlock.injected(), 2);
    drop(deadlock);
    assert_eq!(copy_in(&fixture.db, "99\t1\n").await.unwrap(), 1);
    assert_eq!(copy_out(&fixture.db).await.unwrap(), rows + 1);
    fixture.remove().await;
}

#[tokio::test]
async fn a_bypass_serves_listeners_and_advisory_locks() {
    let Some(fixture) = ServerFixture::<Postgres>::new().await else {
        return;
    };
    let all = BlastRadius::queries_on("db");
    let fault = fixture.chaos.inject(all, Fault::error(Failure::Deadlock));
    let fault = fault.unwrap();
    let mut listener = PgListener::connect_with(fixture.db.bypass()).await.unwrap();
    listener.listen("orders").await.unwrap();
    assert_eq!(fault.injected(), 0);
    drop((fault, listener));
    let mut connection = fixture.db.acquire().await.unwrap();
    assert!(connection.server_version_num() >= Some(90_000));
    let lock = PgAdvisoryLock::new("orders");
    let guard = lock.acquire(connection.bypass().unwrap()).await.unwrap();
    guard.release_now().await.unwrap();
    drop(connection);
    fixture.remove().await;
}
