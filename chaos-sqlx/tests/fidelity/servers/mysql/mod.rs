//! MySQL and MariaDB.

mod read_only;
mod real;
mod stage;

use chaos_sqlx::{ChaosConnection, Failure};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use real::{Real, provoke};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::{Error, MySql};
use stage::Stage;
pub(crate) use stage::run;

use crate::on_servers::comparing::{Compared, failures_look_like_real_ones};
use crate::on_servers::row::{Row, state};
use crate::on_servers::scene::Place;
use crate::on_servers::seen::Seen;
use crate::on_servers::servers;
use crate::table::{Column, Row as Line};

/// The value that is in the way, too, which nobody knows of a statement that is not executed.
const VALUE: &[&str] = &["display", "message"];

/// The real one goes on for the rest of the hour.
const QUOTA: &[&str] = &["at the end", "display", "message", "next", "pool"];

fn rows() -> Vec<Row<Real>> {
    let update = "UPDATE orders SET amount = 2 WHERE id = 2";
    let insert = "INSERT INTO orders (reference) VALUES ('c')";
    let delete = "DELETE FROM customers WHERE id = 1";
    vec![
        Row::new("deadlock", Real::Deadlock, Failure::Deadlock, update)
            .only(Place::TRANSACTIONS)
            .in_docs(Line::Deadlock),
        Row::new("deadlock by state", Real::Deadlock, state("40001"), update)
            .only(Place::TRANSACTIONS),
        Row::new(
            "serialization conflict",
            Real::Deadlock,
            Failure::SerializationConflict,
            update,
        )
        .only(Place::TRANSACTIONS)
        .in_docs(Line::SerializationConflict),
        Row::new(
            "unique violation",
            Real::Unique,
            Failure::UniqueViolation,
            insert,
        )
        .but_for(VALUE)
        .in_docs(Line::UniqueViolation),
        Row::new(
            "foreign key violation",
            Real::ForeignKey,
            Failure::ForeignKeyViolation,
            insert,
        )
        .in_docs(Line::ForeignKeyViolation),
        Row::new(
            "foreign key violation by delete",
            Real::StillReferred,
            Failure::ForeignKeyViolation,
            delete,
        )
        .in_docs(Line::ForeignKeyViolation),
        Row::new(
            "check violation",
            Real::Check,
            Failure::CheckViolation,
            insert,
        )
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
            "admin shutdown",
            Real::Killed,
            Failure::Unavailable,
            "SELECT 1",
        )
        .in_docs(Line::Unavailable),
        Row::new(
            "read-only server",
            Real::ReadOnlyServer,
            Failure::ReadOnly,
            insert,
        )
        .in_docs(Line::ReadOnly),
        Row::new(
            "read-only transaction",
            Real::ReadOnlyTransaction,
            state("25006"),
            insert,
        )
        .only(&[Place::Alone]),
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
        .in_docs(Line::NotFound),
        Row::new(
            "permission denied",
            Real::Denied,
            Failure::PermissionDenied,
            "SELECT * FROM customers",
        ),
        Row::new(
            "lock wait timeout",
            Real::LockTimeout,
            state("HY000"),
            update,
        ),
        Row::new(
            "table full",
            Real::TableFull,
            Failure::DiskFull,
            "INSERT INTO small VALUES ('x')",
        )
        .in_docs(Line::DiskFull),
        Row::new(
            "quota exceeded",
            Real::QuotaExceeded,
            Failure::Overloaded,
            "SELECT 1",
        )
        .only(&[Place::Alone])
        .but_for(QUOTA),
    ]
}

impl Compared for MySql {
    type Real = Real;
    type Stage = Stage;

    const COLUMN: Column = Column::MySql;

    fn url() -> Option<String> {
        servers::mysql()
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
        let error = error.downcast_ref::<MySqlDatabaseError>();
        seen.note("display", error.to_string());
        seen.note("number", error.number().to_string());
    }
}

#[tokio::test]
async fn failures_of_mysql_look_like_real_ones() {
    failures_look_like_real_ones::<MySql>().await;
}
