//! Faults that strike between the rows of a statement.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use chaos_sqlx::{Disconnect, Experiment, ExperimentGuard, Failure, Fault, Phase};
use futures_util::TryStreamExt;
use setting::{Setting, on};
use sqlx::{Executor, Row};

mod setting;

fn start(setting: &Setting, fault: Fault) -> ExperimentGuard {
    let experiment = Experiment::new("midway")
        .fault(fault)
        .phase(Phase::During)
        .blast_radius(on("SELECT orders"));
    setting.chaos.start(experiment).unwrap()
}

/// The rows that came, and the error that came instead of the others.
async fn read(setting: &Setting) -> (Vec<i64>, Option<sqlx::Error>) {
    let mut connection = setting.db.acquire().await.unwrap();
    let mut rows = connection.fetch("SELECT id FROM orders ORDER BY id");
    let mut ids = Vec::new();
    loop {
        match rows.try_next().await {
            Ok(Some(row)) => ids.push(row.get(0)),
            Ok(None) => return (ids, None),
            Err(error) => return (ids, Some(error)),
        }
    }
}

fn io_kind(error: Option<sqlx::Error>) -> ErrorKind {
    match error {
        Some(sqlx::Error::Io(error)) => error.kind(),
        other => panic!("not an I/O error: {other:?}"),
    }
}

#[tokio::test]
async fn rows_stop_after_some_of_them() {
    let setting = Setting::new().await;
    for number in 0..=3 {
        let guard = start(&setting, Fault::disconnect(Disconnect::ResetAfter(number)));
        let (ids, error) = read(&setting).await;
        assert_eq!(ids, (1..=3).take(number as usize).collect::<Vec<i64>>());
        assert_eq!(io_kind(error), ErrorKind::ConnectionReset);
        assert_eq!(guard.injected(), 1);
    }
}

#[tokio::test]
async fn a_break_after_more_rows_than_there_are_does_not_come() {
    let setting = Setting::new().await;
    let guard = start(&setting, Fault::disconnect(Disconnect::ResetAfter(4)));
    let (ids, error) = read(&setting).await;
    assert_eq!((ids.len(), error.is_none(), guard.injected()), (3, true, 0));
}

#[tokio::test]
async fn a_connection_that_is_closed_midway_ends_in_the_midst() {
    let setting = Setting::new().await;
    let _guard = start(&setting, Fault::disconnect(Disconnect::CutAfter(2)));
    let (ids, error) = read(&setting).await;
    assert_eq!((ids.len(), io_kind(error)), (2, ErrorKind::UnexpectedEof));
}

#[tokio::test]
async fn a_query_fails_midway_and_its_connection_is_as_good_as_before() {
    let setting = Setting::new().await;
    let mut connection = setting.db.acquire().await.unwrap();
    let guard = start(&setting, Fault::error(Failure::QueryCancelled));
    let error = connection
        .fetch_all("SELECT * FROM orders")
        .await
        .unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().unwrap(), "9");
    drop(guard);
    assert_eq!(
        connection
            .fetch_all("SELECT * FROM orders")
            .await
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn each_row_takes_its_time() {
    let setting = Setting::new().await;
    let slow = Fault::latency(Duration::from_millis(30));
    let guard = start(&setting, slow);
    let started = Instant::now();
    let (ids, error) = read(&setting).await;
    assert_eq!(
        (ids, error.is_none(), guard.injected()),
        (vec![1, 2, 3], true, 1)
    );
    assert!(started.elapsed() >= Duration::from_millis(90));
}

#[tokio::test]
async fn rows_that_stall_go_on_when_the_experiment_ends() {
    let setting = Setting::new().await;
    let guard = start(&setting, Fault::disconnect(Disconnect::Stall));
    let reading = read(&setting);
    let ending = async {
        guard.wait_for(1).await.unwrap();
        drop(guard);
    };
    let ((ids, error), ()) = tokio::join!(reading, ending);
    assert_eq!((ids, error.is_none()), (vec![1, 2, 3], true));
}

#[tokio::test]
async fn a_timeout_lets_rows_pass_until_then() {
    let setting = Setting::new().await;
    let _guard = start(&setting, Fault::timeout(Duration::from_millis(30)));
    let started = Instant::now();
    let (ids, error) = read(&setting).await;
    assert_eq!(ids, [0; 0]);
    assert!(error.unwrap().to_string().contains("(code: 5)"));
    assert!(started.elapsed() >= Duration::from_millis(30));
}

#[tokio::test]
async fn one_row_is_a_row_too() {
    let setting = Setting::new().await;
    let _guard = start(&setting, Fault::disconnect(Disconnect::ResetAfter(0)));
    let one = setting.db.fetch_one("SELECT id FROM orders").await;
    assert_eq!(io_kind(one.err()), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn what_has_no_rows_breaks_at_its_end_when_it_is_done() {
    let setting = Setting::new().await;
    let experiment = Experiment::new("midway")
        .fault(Fault::disconnect(Disconnect::ResetAfter(0)))
        .phase(Phase::During)
        .blast_radius(setting::anywhere());
    let guard = setting.chaos.start(experiment).unwrap();
    let insert = setting
        .db
        .execute("INSERT INTO orders VALUES (4, 'salt')")
        .await;
    assert_eq!(io_kind(insert.err()), ErrorKind::ConnectionReset);
    assert_eq!(setting.orders().await, [1, 2, 3, 4]);
    assert_eq!(guard.injected(), 1, "acquire has no rows");
}
