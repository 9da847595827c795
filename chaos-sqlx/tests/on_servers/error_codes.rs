//! Every failure has a code of its server.

use chaos_sqlx::{BlastRadius, Failure, Fault};
use sqlx::{Error, MySql, Postgres};

use crate::server::Server as _;
use crate::server_fixture::{ServerFixture, code, number_and_code};

fn state(code: &str) -> Failure {
    Failure::sql_state(code).unwrap()
}

#[tokio::test]
async fn every_failure_has_a_postgres_sqlstate() {
    let Some(fixture) = ServerFixture::<Postgres>::new().await else {
        return;
    };
    for (failure, expected) in [
        (Failure::Unavailable, "57P01"),
        (Failure::Refused, "57P01"),
        (Failure::CircuitOpen, "57P01"),
        (Failure::Overloaded, "53200"),
        (Failure::TimedOut, "57014"),
        (Failure::Deadlock, "40P01"),
        (Failure::SerializationConflict, "40001"),
        (Failure::UniqueViolation, "23505"),
        (Failure::ForeignKeyViolation, "23503"),
        (Failure::CheckViolation, "23514"),
        (Failure::QueryCancelled, "57014"),
        (Failure::TooManyConnections, "53300"),
        (Failure::ReadOnly, "25006"),
        (Failure::DiskFull, "53100"),
        (Failure::Internal, "XX000"),
        (Failure::PermissionDenied, "42501"),
        (Failure::NotFound, "42P01"),
        (Failure::status(503).unwrap(), "XX000"),
        (state("22012"), "22012"),
        (state("01000"), "01000"),
        (state("57P05"), "57P05"),
        (state("ABCDE"), "ABCDE"),
    ] {
        for statement in [
            "SELECT * FROM orders",
            "INSERT INTO orders VALUES (4, 4)",
            "TRUNCATE orders",
            "SELECT 1",
        ] {
            let error = fixture.fail_statement("SELECT 1", failure, statement).await;
            assert_eq!(code(&error), expected, "{failure} of {statement}: {error}");
        }
    }
    fixture.assert_orders_unchanged().await;
    fixture.remove().await;
}

#[tokio::test]
async fn failures_in_an_aborted_postgres_transaction_report_that_it_is_aborted() {
    let Some(fixture) = ServerFixture::<Postgres>::new().await else {
        return;
    };
    for (failure, expected) in [
        (Failure::Deadlock, "25P02"),
        (Failure::TimedOut, "25P02"),
        (Failure::QueryCancelled, "25P02"),
        (Failure::ReadOnly, "25P02"),
        (Failure::UniqueViolation, "25P02"),
        // Ends the session even so.
        (Failure::Unavailable, "57P01"),
    ] {
        let mut caller = fixture.db.begin().await.unwrap();
        Postgres::run(&mut caller, "SELECT 1/0").await.unwrap_err();
        let fault = Fault::error(failure);
        let fault = fixture.chaos.inject(BlastRadius::queries_on("db"), fault);
        let error = Postgres::run(&mut caller, "SELECT 1").await.unwrap_err();
        assert_eq!(code(&error), expected, "{failure}");
        drop(fault);
    }
    fixture.remove().await;
}

#[tokio::test]
async fn every_failure_has_a_mysql_error_number() {
    let Some(fixture) = ServerFixture::<MySql>::new().await else {
        return;
    };
    for (failure, number_of, state_of) in [
        (Failure::Overloaded, 1226, "42000"),
        (Failure::TimedOut, 1969, "70100"),
        (Failure::Deadlock, 1213, "40001"),
        (Failure::SerializationConflict, 1213, "40001"),
        (Failure::UniqueViolation, 1062, "23000"),
        (Failure::ForeignKeyViolation, 1452, "23000"),
        (Failure::CheckViolation, 4025, "23000"),
        (Failure::QueryCancelled, 1317, "70100"),
        (Failure::TooManyConnections, 1040, "08004"),
        (Failure::ReadOnly, 1290, "HY000"),
        (Failure::DiskFull, 1114, "HY000"),
        (Failure::Internal, 1105, "HY000"),
        (Failure::PermissionDenied, 1142, "42000"),
        (Failure::NotFound, 1146, "42S02"),
        (Failure::status(503).unwrap(), 1105, "HY000"),
        (state("22012"), 1365, "22012"),
        (state("HY000"), 1205, "HY000"),
        // A signalled warning would not fail the statement.
        (state("01000"), 1105, "HY000"),
        (state("40P01"), 1213, "40001"),
        (state("ABCDE"), 1644, "ABCDE"),
    ] {
        for statement in [
            "SELECT * FROM orders",
            "INSERT INTO orders VALUES (4, 4)",
            "SELECT 1",
        ] {
            let error = fixture.fail_statement("SELECT 1", failure, statement).await;
            let expected = (number_of, state_of.to_owned());
            assert_eq!(
                number_and_code(&error),
                expected,
                "{failure} of {statement}: {error}"
            );
        }
    }
    for failure in [Failure::Unavailable, Failure::Refused, state("57P01")] {
        let error = fixture
            .fail_statement("SELECT 1", failure, "SELECT 1")
            .await;
        assert!(matches!(error, Error::Io(_)), "{error}");
    }
    fixture.assert_orders_unchanged().await;
    fixture.remove().await;
}
