//! Compares injected failures of MySQL and MariaDB with real ones.

mod mysql_fixture;
mod read_only_server;
mod real_failure;

use chaos_sqlx::{ChaosConnection, Failure};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use mysql_fixture::MySqlFixture;
pub(crate) use mysql_fixture::run;
use real_failure::{RealFailure, provoke};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::{Error, MySql};

use super::compared_database::{ComparedDatabase, compare_all_failures};
use super::comparison::{Comparison, sql_state};
use super::observation::Observation;
use super::server_urls;
use super::transaction_context::TransactionContext;
use crate::fidelity_table::{TableColumn, TableRow};

/// The duplicate value is unknown, because the statement is not executed.
const VALUE: &[&str] = &["display", "message"];

/// The real limit applies for the rest of the hour.
const QUOTA: &[&str] = &["at the end", "display", "message", "next", "pool"];

fn comparisons() -> Vec<Comparison<RealFailure>> {
    let update = "UPDATE orders SET amount = 2 WHERE id = 2";
    let insert = "INSERT INTO orders (reference) VALUES ('c')";
    let delete = "DELETE FROM customers WHERE id = 1";
    vec![
        Comparison::new("deadlock", RealFailure::Deadlock, Failure::Deadlock, update)
            .only_in(TransactionContext::TRANSACTIONS)
            .in_table(TableRow::Deadlock),
        Comparison::new(
            "deadlock by state",
            RealFailure::Deadlock,
            sql_state("40001"),
            update,
        )
        .only_in(TransactionContext::TRANSACTIONS),
        Comparison::new(
            "serialization conflict",
            RealFailure::Deadlock,
            Failure::SerializationConflict,
            update,
        )
        .only_in(TransactionContext::TRANSACTIONS)
        .in_table(TableRow::SerializationConflict),
        Comparison::new(
            "unique violation",
            RealFailure::Unique,
            Failure::UniqueViolation,
            insert,
        )
        .except(VALUE)
        .in_table(TableRow::UniqueViolation),
        Comparison::new(
            "foreign key violation",
            RealFailure::ForeignKey,
            Failure::ForeignKeyViolation,
            insert,
        )
        .in_table(TableRow::ForeignKeyViolation),
        Comparison::new(
            "foreign key violation by delete",
            RealFailure::StillReferred,
            Failure::ForeignKeyViolation,
            delete,
        )
        .in_table(TableRow::ForeignKeyViolation),
        Comparison::new(
            "check violation",
            RealFailure::Check,
            Failure::CheckViolation,
            insert,
        )
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
            "admin shutdown",
            RealFailure::Killed,
            Failure::Unavailable,
            "SELECT 1",
        )
        .in_table(TableRow::Unavailable),
        Comparison::new(
            "read-only server",
            RealFailure::ReadOnlyServer,
            Failure::ReadOnly,
            insert,
        )
        .in_table(TableRow::ReadOnly),
        Comparison::new(
            "read-only transaction",
            RealFailure::ReadOnlyTransaction,
            sql_state("25006"),
            insert,
        )
        .only_in(&[TransactionContext::NoTransaction]),
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
        .in_table(TableRow::NotFound),
        Comparison::new(
            "permission denied",
            RealFailure::Denied,
            Failure::PermissionDenied,
            "SELECT * FROM customers",
        ),
        Comparison::new(
            "lock wait timeout",
            RealFailure::LockTimeout,
            sql_state("HY000"),
            update,
        ),
        Comparison::new(
            "table full",
            RealFailure::TableFull,
            Failure::DiskFull,
            "INSERT INTO small VALUES ('x')",
        )
        .in_table(TableRow::DiskFull),
        Comparison::new(
            "quota exceeded",
            RealFailure::QuotaExceeded,
            Failure::Overloaded,
            "SELECT 1",
        )
        .only_in(&[TransactionContext::NoTransaction])
        .except(QUOTA),
    ]
}

impl ComparedDatabase for MySql {
    type RealFailure = RealFailure;
    type Fixture = MySqlFixture;

    const COLUMN: TableColumn = TableColumn::MySql;

    fn url() -> Option<String> {
        server_urls::mysql()
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
        fixture: &MySqlFixture,
    ) -> Error {
        provoke(real, caller, fixture).await
    }

    fn record_details(observation: &mut Observation, error: &Error) {
        let Error::Database(error) = error else {
            return;
        };
        let error = error.downcast_ref::<MySqlDatabaseError>();
        observation.record("display", error.to_string());
        observation.record("number", error.number().to_string());
    }
}

#[tokio::test]
async fn injected_failures_of_mysql_are_as_faithful_as_declared() {
    compare_all_failures::<MySql>().await;
}
