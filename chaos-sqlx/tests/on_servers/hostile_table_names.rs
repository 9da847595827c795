//! Table names that look like SQL do not change which failure is raised, and are never executed.

use chaos_sqlx::Failure;
use sqlx::{MySql, Postgres};

use crate::server::Server as _;
use crate::server_fixture::{ServerFixture, code, number_and_code};

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
async fn postgres_table_names_are_never_executed() {
    let Some(fixture) = ServerFixture::<Postgres>::new().await else {
        return;
    };
    for name in NAMES {
        let quoted = format!("\"{name}\"");
        let create = format!(
            "CREATE TABLE {quoted} (id int CONSTRAINT \"the 'key'\" UNIQUE, \
             other bigint REFERENCES orders, amount int CHECK (amount > 0))"
        );
        Postgres::query_number(fixture.db.bypass(), &create)
            .await
            .unwrap();
        for session in [
            "SET standard_conforming_strings = on",
            "SET standard_conforming_strings = off; SET backslash_quote = off",
        ] {
            let insert = format!("INSERT INTO {quoted} (id) VALUES (1)");
            let error = fixture
                .fail_statement(session, Failure::UniqueViolation, &insert)
                .await;
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
                let error = fixture.fail_statement(session, failure, &insert).await;
                assert_eq!(code(&error), expected, "{name}: {error}");
            }
        }
        let drop = format!("DROP TABLE {quoted}");
        Postgres::query_number(fixture.db.bypass(), &drop)
            .await
            .unwrap();
    }
    fixture.assert_orders_unchanged().await;
    fixture.remove().await;
}

#[tokio::test]
async fn mysql_table_names_are_never_executed() {
    let Some(fixture) = ServerFixture::<MySql>::new().await else {
        return;
    };
    for name in NAMES {
        let quoted = format!("`{name}`");
        let create = format!("CREATE TABLE {quoted} (id int, UNIQUE `the 'key'` (id))");
        MySql::query_number(fixture.db.bypass(), &create)
            .await
            .unwrap();
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
                let error = fixture.fail_statement(session, failure, &insert).await;
                assert_eq!(number_and_code(&error).0, expected, "{name}: {error}");
            }
        }
    }
    fixture.assert_orders_unchanged().await;
    fixture.remove().await;
}
