//! Server sleeps (`Fault::server_sleep`).

use std::time::Duration;

use chaos_sqlx::Fault;
use sqlx::{MySql, Postgres};
use tokio::time::{Instant, timeout};

use crate::server::Server;
use crate::server_fixture::{ServerFixture, collateral_experiment};

const LONG: Duration = Duration::from_secs(120);

async fn assert_a_sleep_holds_locks_and_ends<DB: Server>() {
    let Some(fixture) = ServerFixture::<DB>::new().await else {
        return;
    };
    let mut caller = fixture.db.begin().await.unwrap();
    let write = "UPDATE orders SET amount = 2 WHERE id = 1";
    DB::run(&mut caller, write).await.unwrap();
    let sleep = collateral_experiment(Fault::server_sleep(LONG), "SELECT *");
    let sleep = fixture.chaos.start(sleep).unwrap();

    let start = Instant::now();
    let sleeping = async {
        let read = DB::run(&mut caller, "SELECT * FROM orders").await;
        (read, caller.commit().await)
    };
    let waiting = async {
        fixture.wait_until(DB::COUNT_SLEEPING_SESSIONS, 1).await;
        let write = "UPDATE orders SET amount = amount * 10 WHERE id = 1";
        let mut other = fixture.db.acquire().await.unwrap();
        DB::run(&mut other, write).await
    };
    let ending = async {
        fixture.wait_until(DB::COUNT_WAITING_SESSIONS, 1).await;
        assert_eq!(sleep.injected(), 1);
        drop(sleep);
    };
    let ((read, committed), waited, ()) = tokio::join!(sleeping, waiting, ending);
    assert!(
        start.elapsed() < LONG / 2,
        "the sleep outlasted its experiment"
    );
    // The transaction is intact.
    read.unwrap();
    committed.unwrap();
    waited.unwrap();
    let amount = DB::query_number(
        fixture.db.bypass(),
        "SELECT amount FROM orders WHERE id = 1",
    );
    assert_eq!(amount.await.unwrap(), 20);
    fixture.remove().await;
}

async fn assert_a_cancelled_sleep_leaves_nothing_behind<DB: Server>() {
    let Some(fixture) = ServerFixture::<DB>::new().await else {
        return;
    };
    let sleep = collateral_experiment(Fault::server_sleep(LONG), "SELECT *");
    let sleep = fixture.chaos.start(sleep).unwrap();
    let mut caller = fixture.db.begin().await.unwrap();
    let write = "UPDATE orders SET amount = 2 WHERE id = 1";
    DB::run(&mut caller, write).await.unwrap();
    let read = DB::run(&mut caller, "SELECT * FROM orders");
    tokio::select! {
        _ = read => panic!("the server did not sleep"),
        () = fixture.wait_until(DB::COUNT_SLEEPING_SESSIONS, 1) => {}
    }
    drop(caller);
    assert_eq!(sleep.in_flight(), 0);
    fixture.wait_until(DB::COUNT_SLEEPING_SESSIONS, 0).await;
    fixture
        .wait_until(DB::COUNT_LOCKS_AND_TRANSACTIONS, 0)
        .await;
    drop(sleep);
    // The connection is still usable.
    let id = DB::query_number(fixture.db.bypass(), "SELECT id FROM orders ORDER BY id");
    assert_eq!(timeout(LONG, id).await.unwrap().unwrap(), 1);
    fixture.remove().await;
}

async fn assert_a_sleep_keeps_an_aborted_transaction<DB: Server>() {
    let Some(fixture) = ServerFixture::<DB>::new().await else {
        return;
    };
    let sleep = Fault::server_sleep(Duration::from_millis(1));
    let sleep = fixture
        .chaos
        .start(collateral_experiment(sleep, "SELECT *"))
        .unwrap();
    let mut caller = fixture.db.begin().await.unwrap();
    DB::run(&mut caller, "INSERT INTO orders VALUES (1, 1)")
        .await
        .unwrap_err();
    let result = DB::run(&mut caller, "SELECT * FROM orders").await;
    let aborted = result.err().and_then(|error| {
        let error = error.into_database_error()?;
        error.code().map(std::borrow::Cow::into_owned)
    });
    assert_eq!(aborted.as_deref(), DB::ABORTED);
    assert_eq!(sleep.injected(), 1);
    caller.rollback().await.unwrap();
    fixture.remove().await;
}

#[tokio::test]
async fn a_postgres_sleep_holds_locks_and_ends_with_its_experiment() {
    assert_a_sleep_holds_locks_and_ends::<Postgres>().await;
}

#[tokio::test]
async fn a_mysql_sleep_holds_locks_and_ends_with_its_experiment() {
    assert_a_sleep_holds_locks_and_ends::<MySql>().await;
}

#[tokio::test]
async fn a_cancelled_postgres_sleep_leaves_nothing_behind() {
    assert_a_cancelled_sleep_leaves_nothing_behind::<Postgres>().await;
}

#[tokio::test]
async fn a_cancelled_mysql_sleep_leaves_nothing_behind() {
    assert_a_cancelled_sleep_leaves_nothing_behind::<MySql>().await;
}

#[tokio::test]
async fn a_postgres_sleep_keeps_an_aborted_transaction_aborted() {
    assert_a_sleep_keeps_an_aborted_transaction::<Postgres>().await;
}

#[tokio::test]
async fn a_mysql_sleep_keeps_a_transaction_after_a_failed_statement() {
    assert_a_sleep_keeps_an_aborted_transaction::<MySql>().await;
}
