//! Faults between the rows of a statement.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use chaos_sqlx::{Disconnect, Experiment, ExperimentGuard, Failure, Fault, Phase};
use futures_util::TryStreamExt;
use sqlite_fixture::{SqliteFixture, operation};
use sqlx::{Executor, Row};

mod sqlite_fixture;

fn start(fixture: &SqliteFixture, fault: Fault) -> ExperimentGuard {
    let experiment = Experiment::new("between rows")
        .fault(fault)
        .phase(Phase::During)
        .blast_radius(operation("SELECT orders"));
    fixture.chaos.start(experiment).unwrap()
}

/// Returns the rows before an error, and the error.
async fn read(fixture: &SqliteFixture) -> (Vec<i64>, Option<sqlx::Error>) {
    let mut connection = fixture.db.acquire().await.unwrap();
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
async fn a_reset_stops_the_rows_after_some_of_them() {
    let fixture = SqliteFixture::new().await;
    for number in 0..=3 {
        let guard = start(&fixture, Fault::disconnect(Disconnect::ResetAfter(number)));
        let (ids, error) = read(&fixture).await;
        assert_eq!(ids, (1..=3).take(number as usize).collect::<Vec<i64>>());
        assert_eq!(io_kind(error), ErrorKind::ConnectionReset);
        assert_eq!(guard.injected(), 1);
    }
}

#[tokio::test]
async fn a_reset_after_more_rows_than_there_are_does_not_happen() {
    let fixture = SqliteFixture::new().await;
    let guard = start(&fixture, Fault::disconnect(Disconnect::ResetAfter(4)));
    let (ids, error) = read(&fixture).await;
    assert_eq!((ids.len(), error.is_none(), guard.injected()), (3, true, 0));
}

#[tokio::test]
async fn a_connection_closed_between_rows_reports_an_unexpected_end() {
    let fixture = SqliteFixture::new().await;
    let _guard = start(&fixture, Fault::disconnect(Disconnect::CutAfter(2)));
    let (ids, error) = read(&fixture).await;
    assert_eq!((ids.len(), io_kind(error)), (2, ErrorKind::UnexpectedEof));
}

#[tokio::test]
async fn an_error_between_rows_leaves_the_connection_usable() {
    let fixture = SqliteFixture::new().await;
    let mut connection = fixture.db.acquire().await.unwrap();
    let guard = start(&fixture, Fault::error(Failure::QueryCancelled));
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
async fn latency_applies_to_each_row() {
    let fixture = SqliteFixture::new().await;
    let slow = Fault::latency(Duration::from_millis(30));
    let guard = start(&fixture, slow);
    let started = Instant::now();
    let (ids, error) = read(&fixture).await;
    assert_eq!(
        (ids, error.is_none(), guard.injected()),
        (vec![1, 2, 3], true, 1)
    );
    assert!(started.elapsed() >= Duration::from_millis(90));
}

#[tokio::test]
async fn stalled_rows_continue_when_the_experiment_ends() {
    let fixture = SqliteFixture::new().await;
    let guard = start(&fixture, Fault::disconnect(Disconnect::Stall));
    let reading = read(&fixture);
    let ending = async {
        guard.wait_for(1).await.unwrap();
        drop(guard);
    };
    let ((ids, error), ()) = tokio::join!(reading, ending);
    assert_eq!((ids, error.is_none()), (vec![1, 2, 3], true));
}

#[tokio::test]
async fn a_timeout_fails_the_rows_after_its_time() {
    let fixture = SqliteFixture::new().await;
    let _guard = start(&fixture, Fault::timeout(Duration::from_millis(30)));
    let started = Instant::now();
    let (ids, error) = read(&fixture).await;
    assert_eq!(ids, [0; 0]);
    assert!(error.unwrap().to_string().contains("(code: 5)"));
    assert!(started.elapsed() >= Duration::from_millis(30));
}

#[tokio::test]
async fn a_single_row_counts_as_a_row() {
    let fixture = SqliteFixture::new().await;
    let _guard = start(&fixture, Fault::disconnect(Disconnect::ResetAfter(0)));
    let one = fixture.db.fetch_one("SELECT id FROM orders").await;
    assert_eq!(io_kind(one.err()), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_statement_without_rows_breaks_off_after_its_execution() {
    let fixture = SqliteFixture::new().await;
    let experiment = Experiment::new("between rows")
        .fault(Fault::disconnect(Disconnect::ResetAfter(0)))
        .phase(Phase::During)
        .blast_radius(sqlite_fixture::all_operations());
    let guard = fixture.chaos.start(experiment).unwrap();
    let insert = fixture
        .db
        .execute("INSERT INTO orders VALUES (4, 'salt')")
        .await;
    assert_eq!(io_kind(insert.err()), ErrorKind::ConnectionReset);
    assert_eq!(fixture.order_ids().await, [1, 2, 3, 4]);
    assert_eq!(guard.injected(), 1, "acquire has no rows");
}
