//! A server that sleeps in the caller's session.

use std::time::Duration;

use chaos_sqlx::Fault;
use sqlx::{MySql, Postgres};
use tokio::time::{Instant, timeout};

use crate::server::{Server, Setting, collateral};

const LONG: Duration = Duration::from_secs(120);

async fn holds_the_locks_of_the_caller<DB: Server>() {
    let Some(setting) = Setting::<DB>::new().await else {
        return;
    };
    let mut caller = setting.db.begin().await.unwrap();
    let write = "UPDATE orders SET amount = 2 WHERE id = 1";
    DB::run(&mut caller, write).await.unwrap();
    let sleep = collateral(Fault::server_sleep(LONG), "SELECT *");
    let sleep = setting.chaos.start(sleep).unwrap();

    let start = Instant::now();
    let works = async {
        let read = DB::run(&mut caller, "SELECT * FROM orders").await;
        (read, caller.commit().await)
    };
    let waits = async {
        setting.until(DB::SLEEPING, 1).await;
        let write = "UPDATE orders SET amount = amount * 10 WHERE id = 1";
        let mut other = setting.db.acquire().await.unwrap();
        DB::run(&mut other, write).await
    };
    let ends = async {
        setting.until(DB::WAITING, 1).await;
        assert_eq!(sleep.injected(), 1);
        drop(sleep);
    };
    let (works, waits, ()) = tokio::join!(works, waits, ends);
    assert!(start.elapsed() < LONG / 2, "it went on after its end");
    // The transaction is as it was.
    works.0.unwrap();
    works.1.unwrap();
    waits.unwrap();
    let amount = DB::ask(
        setting.db.bypass(),
        "SELECT amount FROM orders WHERE id = 1",
    );
    assert_eq!(amount.await.unwrap(), 20);
    setting.end().await;
}

async fn leaves_nothing_when_nobody_waits_for_it<DB: Server>() {
    let Some(setting) = Setting::<DB>::new().await else {
        return;
    };
    let sleep = collateral(Fault::server_sleep(LONG), "SELECT *");
    let sleep = setting.chaos.start(sleep).unwrap();
    let mut caller = setting.db.begin().await.unwrap();
    let write = "UPDATE orders SET amount = 2 WHERE id = 1";
    DB::run(&mut caller, write).await.unwrap();
    let asks = DB::run(&mut caller, "SELECT * FROM orders");
    tokio::select! {
        _ = asks => panic!("it did not sleep"),
        () = setting.until(DB::SLEEPING, 1) => {}
    }
    drop(caller);
    assert_eq!(sleep.in_flight(), 0);
    setting.until(DB::SLEEPING, 0).await;
    setting.until(DB::HELD, 0).await;
    drop(sleep);
    // The connection has not been given up.
    let asked = DB::ask(setting.db.bypass(), "SELECT id FROM orders ORDER BY id");
    assert_eq!(timeout(LONG, asked).await.unwrap().unwrap(), 1);
    setting.end().await;
}

async fn leaves_an_aborted_transaction_as_it_is<DB: Server>() {
    let Some(setting) = Setting::<DB>::new().await else {
        return;
    };
    let sleep = Fault::server_sleep(Duration::from_millis(1));
    let sleep = setting.chaos.start(collateral(sleep, "SELECT *")).unwrap();
    let mut caller = setting.db.begin().await.unwrap();
    DB::run(&mut caller, "INSERT INTO orders VALUES (1, 1)")
        .await
        .unwrap_err();
    let asked = DB::run(&mut caller, "SELECT * FROM orders").await;
    let aborted = asked.err().and_then(|error| {
        let error = error.into_database_error()?;
        error.code().map(std::borrow::Cow::into_owned)
    });
    assert_eq!(aborted.as_deref(), DB::ABORTED);
    assert_eq!(sleep.injected(), 1);
    caller.rollback().await.unwrap();
    setting.end().await;
}

#[tokio::test]
async fn a_sleep_of_postgres_holds_the_locks_of_the_caller_and_ends_at_once() {
    holds_the_locks_of_the_caller::<Postgres>().await;
}

#[tokio::test]
async fn a_sleep_of_mysql_holds_the_locks_of_the_caller_and_ends_at_once() {
    holds_the_locks_of_the_caller::<MySql>().await;
}

#[tokio::test]
async fn a_sleep_of_postgres_leaves_nothing_when_nobody_waits_for_it() {
    leaves_nothing_when_nobody_waits_for_it::<Postgres>().await;
}

#[tokio::test]
async fn a_sleep_of_mysql_leaves_nothing_when_nobody_waits_for_it() {
    leaves_nothing_when_nobody_waits_for_it::<MySql>().await;
}

#[tokio::test]
async fn a_sleep_of_postgres_leaves_an_aborted_transaction_as_it_is() {
    leaves_an_aborted_transaction_as_it_is::<Postgres>().await;
}

#[tokio::test]
async fn a_sleep_of_mysql_leaves_a_failed_transaction_as_it_is() {
    leaves_an_aborted_transaction_as_it_is::<MySql>().await;
}
