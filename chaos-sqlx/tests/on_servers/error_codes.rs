//! Whatever a statement names, and wherever it is, the failure is raised that was asked for, and nothing else is done.

use chaos_sqlx::{BlastRadius, Failure, Fault};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::{Error, MySql, Postgres};

use crate::server::{Server, Setting};

fn state(code: &str) -> Failure {
    Failure::sql_state(code).unwrap()
}

/// What is told of a statement that fails on a connection with these settings.
async fn told<DB: Server>(
    setting: &Setting<DB>,
    session: &str,
    failure: Failure,
    statement: &str,
) -> Error {
    let mut caller = setting.db.acquire().await.unwrap();
    DB::run(&mut caller, session).await.unwrap();
    let fault = Fault::error(failure);
    let fault = setting.chaos.inject(BlastRadius::queries_on("db"), fault);
    let fault = fault.unwrap();
    let error = DB::run(&mut caller, statement).await.unwrap_err();
    assert_eq!(fault.injected(), 1);
    drop(fault);
    // What was set is of no concern to anybody else.
    let _ = caller.close().await;
    error
}

fn code(error: &Error) -> String {
    let error = error.as_database_error().expect("the server's own");
    error.code().unwrap_or_default().into_owned()
}

/// Its number and state.
fn number(error: &Error) -> (u16, String) {
    let native = error.as_database_error().expect("the server's own");
    let native = native.downcast_ref::<MySqlDatabaseError>();
    (native.number(), code(error))
}

const NAMES: &[&str] = &[
    "Orders",
    "o'rders",
    "o''rders\\",
    "o\\'rders",
    "$$ orders $$",
    "x'; DROP TABLE orders; --",
    "örders ☃",
    "shop.orders",
    "{orders} %s %1$s",
];

#[tokio::test]
async fn no_name_of_a_table_of_postgres_is_taken_for_more() {
    let Some(setting) = Setting::<Postgres>::new().await else {
        return;
    };
    for name in NAMES {
        let quoted = format!("\"{name}\"");
        let create = format!(
            "CREATE TABLE {quoted} (id int CONSTRAINT \"the 'key'\" UNIQUE, \
             other bigint REFERENCES orders, amount int CHECK (amount > 0))"
        );
        Postgres::ask(setting.db.bypass(), &create).await.unwrap();
        for session in [
            "SET standard_conforming_strings = on",
            "SET standard_conforming_strings = off; SET backslash_quote = off",
        ] {
            let insert = format!("INSERT INTO {quoted} (id) VALUES (1)");
            let error = told(&setting, session, Failure::UniqueViolation, &insert).await;
            assert_eq!(code(&error), "23505");
            let error = error.into_database_error().unwrap();
            assert_eq!(error.table(), Some(*name));
            assert_eq!(error.constraint(), Some("the 'key'"));
            for (failure, expected) in [
                (Failure::ForeignKeyViolation, "23503"),
                (Failure::CheckViolation, "23514"),
                (Failure::NotFound, "42P01"),
                (Failure::PermissionDenied, "42501"),
                (Failure::ReadOnly, "25006"),
            ] {
                let error = told(&setting, session, failure, &insert).await;
                assert_eq!(code(&error), expected, "{name}: {error}");
            }
        }
        let drop = format!("DROP TABLE {quoted}");
        Postgres::ask(setting.db.bypass(), &drop).await.unwrap();
    }
    let orders = "SELECT count(*) FROM orders";
    assert_eq!(Postgres::ask(setting.db.bypass(), orders).await.unwrap(), 3);
    setting.end().await;
}

#[tokio::test]
async fn no_name_of_a_table_of_mysql_is_taken_for_more() {
    let Some(setting) = Setting::<MySql>::new().await else {
        return;
    };
    for name in NAMES {
        let quoted = format!("`{name}`");
        let create = format!("CREATE TABLE {quoted} (id int, UNIQUE `the 'key'` (id))");
        MySql::ask(setting.db.bypass(), &create).await.unwrap();
        for session in [
            "SET sql_mode = ''",
            "SET sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,STRICT_ALL_TABLES'",
        ] {
            let insert = format!("INSERT INTO {quoted} (id) VALUES (1)");
            for (failure, expected) in [
                (Failure::UniqueViolation, 1062),
                (Failure::ForeignKeyViolation, 1452),
                (Failure::CheckViolation, 4025),
                (Failure::NotFound, 1146),
                (Failure::PermissionDenied, 1142),
            ] {
                let error = told(&setting, session, failure, &insert).await;
                assert_eq!(number(&error).0, expected, "{name}: {error}");
            }
        }
    }
    let orders = "SELECT count(*) FROM orders";
    assert_eq!(MySql::ask(setting.db.bypass(), orders).await.unwrap(), 3);
    setting.end().await;
}

#[tokio::test]
async fn postgres_has_a_state_for_every_failure() {
    let Some(setting) = Setting::<Postgres>::new().await else {
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
            let error = told(&setting, "SELECT 1", failure, statement).await;
            assert_eq!(code(&error), expected, "{failure} of {statement}: {error}");
        }
    }
    let orders = "SELECT count(*) FROM orders";
    assert_eq!(Postgres::ask(setting.db.bypass(), orders).await.unwrap(), 3);
    setting.end().await;
}

#[tokio::test]
async fn an_aborted_transaction_of_postgres_says_so_whatever_fails() {
    let Some(setting) = Setting::<Postgres>::new().await else {
        return;
    };
    for (failure, expected) in [
        (Failure::Deadlock, "25P02"),
        (Failure::TimedOut, "25P02"),
        (Failure::QueryCancelled, "25P02"),
        (Failure::ReadOnly, "25P02"),
        (Failure::UniqueViolation, "25P02"),
        // This comes all the same.
        (Failure::Unavailable, "57P01"),
    ] {
        let mut caller = setting.db.begin().await.unwrap();
        Postgres::run(&mut caller, "SELECT 1/0").await.unwrap_err();
        let fault = Fault::error(failure);
        let fault = setting.chaos.inject(BlastRadius::queries_on("db"), fault);
        let error = Postgres::run(&mut caller, "SELECT 1").await.unwrap_err();
        assert_eq!(code(&error), expected, "{failure}");
        drop(fault);
    }
    setting.end().await;
}

#[tokio::test]
async fn mysql_has_a_number_for_every_failure() {
    let Some(setting) = Setting::<MySql>::new().await else {
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
        // A warning would let the statement succeed.
        (state("01000"), 1105, "HY000"),
        (state("40P01"), 1213, "40001"),
        (state("ABCDE"), 1644, "ABCDE"),
    ] {
        for statement in [
            "SELECT * FROM orders",
            "INSERT INTO orders VALUES (4, 4)",
            "SELECT 1",
        ] {
            let error = told(&setting, "SELECT 1", failure, statement).await;
            let expected = (number_of, state_of.to_owned());
            assert_eq!(
                number(&error),
                expected,
                "{failure} of {statement}: {error}"
            );
        }
    }
    for failure in [Failure::Unavailable, Failure::Refused, state("57P01")] {
        let error = told(&setting, "SELECT 1", failure, "SELECT 1").await;
        assert!(matches!(error, Error::Io(_)), "{error}");
    }
    let orders = "SELECT count(*) FROM orders";
    assert_eq!(MySql::ask(setting.db.bypass(), orders).await.unwrap(), 3);
    setting.end().await;
}
