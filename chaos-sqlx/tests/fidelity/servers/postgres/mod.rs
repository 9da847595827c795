//! Postgres.

mod real;
mod stage;

use chaos_sqlx::{ChaosConnection, Failure};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use real::{Real, provoke};
use sqlx::postgres::PgDatabaseError;
use sqlx::{Error, Postgres};
use stage::Stage;
pub(crate) use stage::run;

use crate::on_servers::comparing::{Compared, failures_look_like_real_ones};
use crate::on_servers::row::{Row, state};
use crate::on_servers::scene::Place;
use crate::on_servers::seen::Seen;
use crate::on_servers::servers;
use crate::table::{Column, Row as Line};

/// Where in its source the server raised it, which sqlx shows in the error's text.
const SOURCE: &[&str] = &["display", "routine", "where"];

/// The values that are in the way, too, which nobody knows of a statement that is not executed.
const VALUES: &[&str] = &["detail", "display", "routine", "where"];

/// The place in the statement, too.
const POSITION: &[&str] = &["display", "position", "routine", "where"];

/// An exception is an error, whatever the real failure is.
const FATAL: &[&str] = &["display", "routine", "severity", "where"];

fn rows() -> Vec<Row<Real>> {
    let update = "UPDATE orders SET amount = 2 WHERE id = 2";
    let insert = "INSERT INTO orders (reference) VALUES ('c')";
    let delete = "DELETE FROM customers WHERE id = 1";
    vec![
        Row::new("deadlock", Real::Deadlock, Failure::Deadlock, update)
            .only(Place::TRANSACTIONS)
            .but_for(VALUES)
            .in_docs(Line::Deadlock),
        Row::new(
            "serialization conflict",
            Real::Conflict,
            Failure::SerializationConflict,
            update,
        )
        .only(Place::TRANSACTIONS)
        .but_for(SOURCE)
        .in_docs(Line::SerializationConflict),
        Row::new(
            "unique violation",
            Real::Unique,
            Failure::UniqueViolation,
            insert,
        )
        .but_for(VALUES)
        .in_docs(Line::UniqueViolation),
        Row::new(
            "unique violation by state",
            Real::Unique,
            state("23505"),
            insert,
        )
        .but_for(VALUES),
        Row::new(
            "foreign key violation",
            Real::ForeignKey,
            Failure::ForeignKeyViolation,
            insert,
        )
        .but_for(VALUES)
        .in_docs(Line::ForeignKeyViolation),
        Row::new(
            "foreign key violation by delete",
            Real::StillReferred,
            Failure::ForeignKeyViolation,
            delete,
        )
        .but_for(VALUES)
        .in_docs(Line::ForeignKeyViolation),
        Row::new(
            "check violation",
            Real::Check,
            Failure::CheckViolation,
            insert,
        )
        .but_for(VALUES)
        .in_docs(Line::CheckViolation),
        Row::new(
            "statement timeout",
            Real::StatementTimeout,
            Failure::TimedOut,
            "SELECT 1",
        )
        .in_docs(Line::Timeout),
        Row::new(
            "query cancelled",
            Real::Cancelled,
            Failure::QueryCancelled,
            "SELECT 1",
        )
        .in_docs(Line::QueryCancelledOfRead),
        Row::new(
            "query cancelled by state",
            Real::Cancelled,
            state("57014"),
            "SELECT 1",
        ),
        Row::new(
            "admin shutdown",
            Real::Terminated,
            Failure::Unavailable,
            "SELECT 1",
        )
        .in_docs(Line::Unavailable),
        Row::new(
            "admin shutdown by state",
            Real::Terminated,
            state("57P01"),
            "SELECT 1",
        ),
        Row::new(
            "read-only insert",
            Real::ReadOnly("INSERT INTO orders (amount) VALUES (1)"),
            Failure::ReadOnly,
            insert,
        )
        .in_docs(Line::ReadOnly),
        Row::new(
            "read-only update",
            Real::ReadOnly("UPDATE orders SET amount = 1"),
            Failure::ReadOnly,
            update,
        ),
        Row::new(
            "read-only delete",
            Real::ReadOnly("DELETE FROM orders"),
            Failure::ReadOnly,
            delete,
        ),
        Row::new(
            "read-only truncate",
            Real::ReadOnly("TRUNCATE TABLE orders"),
            Failure::ReadOnly,
            "TRUNCATE orders",
        )
        .but_for(SOURCE)
        .in_docs(Line::ReadOnly),
        Row::new(
            "cancelled write",
            Real::CancelledWrite,
            Failure::QueryCancelled,
            update,
        )
        .in_docs(Line::QueryCancelled),
        Row::reset_after_a_row(
            "reset after rows",
            Real::ResetAfterRows,
            "SELECT * FROM orders",
        )
        .in_docs(Line::ResetAfterRows),
        Row::new("reset", Real::Reset, Failure::Reset, "SELECT 1").in_docs(Line::Reset),
        Row::new("closed", Real::Closed, Failure::Closed, "SELECT 1").in_docs(Line::Closed),
        Row::new(
            "undefined table",
            Real::Undefined,
            Failure::NotFound,
            "SELECT * FROM missing",
        )
        .but_for(POSITION)
        .in_docs(Line::NotFound),
        Row::new(
            "permission denied",
            Real::Denied,
            Failure::PermissionDenied,
            "SELECT * FROM orders",
        )
        .but_for(SOURCE),
        Row::new("lock timeout", Real::LockTimeout, state("55P03"), update).but_for(POSITION),
        Row::new(
            "division by zero",
            Real::DivisionByZero,
            state("22012"),
            "SELECT 1",
        )
        .but_for(SOURCE),
        Row::new(
            "idle in transaction",
            Real::IdleInTransaction,
            state("25P03"),
            "SELECT 1",
        )
        .only(Place::TRANSACTIONS)
        .but_for(FATAL),
    ]
}

impl Compared for Postgres {
    type Real = Real;
    type Stage = Stage;

    const COLUMN: Column = Column::Postgres;

    fn url() -> Option<String> {
        servers::postgres()
    }

    fn rows() -> Vec<Row<Real>> {
        rows()
    }

    fn run<'c>(
        caller: &'c mut ChaosConnection<Self>,
        sql: &'c str,
    ) -> BoxFuture<'c, Result<(), Error>> {
        run(caller, sql).boxed()
    }

    async fn provoke(real: Real, caller: &mut ChaosConnection<Self>, stage: &Stage) -> Error {
        provoke(real, caller, stage).await
    }

    fn details(seen: &mut Seen, error: &Error) {
        let Error::Database(error) = error else {
            return;
        };
        let error = error.downcast_ref::<PgDatabaseError>();
        seen.note("display", error.to_string());
        seen.note("severity", format!("{:?}", error.severity()));
        seen.note("detail", format!("{:?}", error.detail()));
        seen.note("hint", format!("{:?}", error.hint()));
        seen.note("position", format!("{:?}", error.position()));
        seen.note("where", format!("{:?}", error.r#where()));
        seen.note("schema", format!("{:?}", error.schema()));
        seen.note("column", format!("{:?}", error.column()));
        seen.note("data type", format!("{:?}", error.data_type()));
        seen.note("routine", format!("{:?}", error.routine()));
    }
}

#[tokio::test]
async fn failures_of_postgres_look_like_real_ones() {
    failures_look_like_real_ones::<Postgres>().await;
}
