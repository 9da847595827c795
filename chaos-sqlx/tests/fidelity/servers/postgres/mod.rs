//! Compares injected failures of Postgres with real ones.

mod postgres_fixture;
mod real_failure;

use chaos_sqlx::{ChaosConnection, Failure};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use postgres_fixture::PostgresFixture;
pub(crate) use postgres_fixture::run;
use real_failure::{RealFailure, provoke};
use sqlx::postgres::PgDatabaseError;
use sqlx::{Error, Postgres};

use super::compared_database::{ComparedDatabase, compare_all_failures};
use super::comparison::{Comparison, sql_state};
use super::observation::Observation;
use super::server_urls;
use super::transaction_context::TransactionContext;
use crate::fidelity_table::{TableColumn, TableRow};

/// The place in the server's source that raised the error, which sqlx shows in the error's text.
const SOURCE: &[&str] = &["display", "routine", "where"];

/// The source, and the conflicting values, which are unknown because the statement is not executed.
const VALUES: &[&str] = &["detail", "display", "routine", "where"];

/// The source, and the position in the statement.
const POSITION: &[&str] = &["display", "position", "routine", "where"];

/// The source, and the severity: an exception can't be fatal.
const FATAL: &[&str] = &["display", "routine", "severity", "where"];

fn comparisons() -> Vec<Comparison<RealFailure>> {
    let update = "UPDATE orders SET amount = 2 WHERE id = 2";
    let insert = "INSERT INTO orders (reference) VALUES ('c')";
    let delete = "DELETE FROM customers WHERE id = 1";
    vec![
        Comparison::new("deadlock", RealFailure::Deadlock, Failure::Deadlock, update)
            .only_in(TransactionContext::TRANSACTIONS)
            .except(VALUES)
            .in_table(TableRow::Deadlock),
        Comparison::new(
            "serialization conflict",
            RealFailure::Conflict,
            Failure::SerializationConflict,
            update,
        )
        .only_in(TransactionContext::TRANSACTIONS)
        .except(SOURCE)
        .in_table(TableRow::SerializationConflict),
        Comparison::new(
            "unique violation",
            RealFailure::Unique,
            Failure::UniqueViolation,
            insert,
        )
        .except(VALUES)
        .in_table(TableRow::UniqueViolation),
        Comparison::new(
            "unique violation by state",
            RealFailure::Unique,
            sql_state("23505"),
            insert,
        )
        .except(VALUES),
        Comparison::new(
            "foreign key violation",
            RealFailure::ForeignKey,
            Failure::ForeignKeyViolation,
            insert,
        )
        .except(VALUES)
        .in_table(TableRow::ForeignKeyViolation),
        Comparison::new(
            "foreign key violation by delete",
            RealFailure::StillReferred,
            Failure::ForeignKeyViolation,
            delete,
        )
        .except(VALUES)
        .in_table(TableRow::ForeignKeyViolation),
        Comparison::new(
            "check violation",
            RealFailure::Check,
            Failure::CheckViolation,
            insert,
        )
        .except(VALUES)
        .in_table(TableRow::CheckViolation),
        Comparison::new(
            "statement timeout",
            RealFailure::StatementTimeout,
            Failure::TimedOut,
            "SELECT 1",
        )
        .in_table(TableRow::Timeout),
        Comparison::new(
            "query cancelled",
            RealFailure::Cancelled,
            Failure::QueryCancelled,
            "SELECT 1",
        )
        .in_table(TableRow::QueryCancelledOfRead),
        Comparison::new(
            "query cancelled by state",
            RealFailure::Cancelled,
            sql_state("57014"),
            "SELECT 1",
        ),
        Comparison::new(
            "admin shutdown",
            RealFailure::Terminated,
            Failure::Unavailable,
            "SELECT 1",
        )
        .in_table(TableRow::Unavailable),
        Comparison::new(
            "admin shutdown by state",
            RealFailure::Terminated,
            sql_state("57P01"),
            "SELECT 1",
        ),
        Comparison::new(
            "read-only insert",
            RealFailure::ReadOnly("INSERT INTO orders (amount) VALUES (1)"),
            Failure::ReadOnly,
            insert,
        )
        .in_table(TableRow::ReadOnly),
        Comparison::new(
            "read-only update",
            RealFailure::ReadOnly("UPDATE orders SET amount = 1"),
            Failure::ReadOnly,
            update,
        ),
        Comparison::new(
            "read-only delete",
            RealFailure::ReadOnly("DELETE FROM orders"),
            Failure::ReadOnly,
            delete,
        ),
        Comparison::new(
            "read-only truncate",
            RealFailure::ReadOnly("TRUNCATE TABLE orders"),
            Failure::ReadOnly,
            "TRUNCATE orders",
        )
        .except(SOURCE)
        .in_table(TableRow::ReadOnly),
        Comparison::new(
            "cancelled write",
            RealFailure::CancelledWrite,
            Failure::QueryCancelled,
            update,
        )
        .in_table(TableRow::QueryCancelled),
        Comparison::reset_after_a_row(
            "reset after rows",
            RealFailure::ResetAfterRows,
            "SELECT * FROM orders",
        )
        .in_table(TableRow::ResetAfterRows),
        Comparison::new("reset", RealFailure::Reset, Failure::Reset, "SELECT 1")
            .in_table(TableRow::Reset),
        Comparison::new("closed", RealFailure::Closed, Failure::Closed, "SELECT 1")
            .in_table(TableRow::Closed),
        Comparison::new(
            "undefined table",
            RealFailure::Undefined,
            Failure::NotFound,
            "SELECT * FROM missing",
        )
        .except(POSITION)
        .in_table(TableRow::NotFound),
        Comparison::new(
            "permission denied",
            RealFailure::Denied,
            Failure::PermissionDenied,
            "SELECT * FROM orders",
        )
        .except(SOURCE),
        Comparison::new(
            "lock timeout",
            RealFailure::LockTimeout,
            sql_state("55P03"),
            update,
        )
        .except(POSITION),
        Comparison::new(
            "division by zero",
            RealFailure::DivisionByZero,
            sql_state("22012"),
            "SELECT 1",
        )
        .except(SOURCE),
        Comparison::new(
            "idle in transaction",
            RealFailure::IdleInTransaction,
            sql_state("25P03"),
            "SELECT 1",
        )
        .only_in(TransactionContext::TRANSACTIONS)
        .except(FATAL),
    ]
}

impl ComparedDatabase for Postgres {
    type RealFailure = RealFailure;
    type Fixture = PostgresFixture;

    const COLUMN: TableColumn = TableColumn::Postgres;

    fn url() -> Option<String> {
        server_urls::postgres()
    }

    fn comparisons() -> Vec<Comparison<RealFailure>> {
        comparisons()
    }

    fn run<'c>(
        caller: &'c mut ChaosConnection<Self>,
        sql: &'c str,
    ) -> BoxFuture<'c, Result<(), Error>> {
        run(caller, sql).boxed()
    }

    async fn provoke(
        real: RealFailure,
        caller: &mut ChaosConnection<Self>,
        fixture: &PostgresFixture,
    ) -> Error {
        provoke(real, caller, fixture).await
    }

    fn record_details(observation: &mut Observation, error: &Error) {
        let Error::Database(error) = error else {
            return;
        };
        let error = error.downcast_ref::<PgDatabaseError>();
        observation.record("display", error.to_string());
        observation.record("severity", format!("{:?}", error.severity()));
        observation.record("detail", format!("{:?}", error.detail()));
        observation.record("hint", format!("{:?}", error.hint()));
        observation.record("position", format!("{:?}", error.position()));
        observation.record("where", format!("{:?}", error.r#where()));
        observation.record("schema", format!("{:?}", error.schema()));
        observation.record("column", format!("{:?}", error.column()));
        observation.record("data type", format!("{:?}", error.data_type()));
        observation.record("routine", format!("{:?}", error.routine()));
    }
}

#[tokio::test]
async fn injected_failures_of_postgres_are_as_faithful_as_declared() {
    compare_all_failures::<Postgres>().await;
}
