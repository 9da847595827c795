//! Provokes real failures.

use chaos_sqlx::{BlastRadius, ChaosConnection, Disconnect, Fault};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Error, Executor, Postgres, Row};

use super::super::compared_database::Fixture as _;
use super::postgres_fixture::{PostgresFixture, run};

/// A real failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RealFailure {
    Deadlock,
    Conflict,
    Unique,
    ForeignKey,
    StillReferred,
    Check,
    StatementTimeout,
    Cancelled,
    CancelledWrite,
    Terminated,
    /// This statement, in a read-only transaction.
    ReadOnly(&'static str),
    Reset,
    ResetAfterRows,
    Closed,
    Undefined,
    Denied,
    LockTimeout,
    DivisionByZero,
    IdleInTransaction,
}

impl RealFailure {
    /// Returns the statement that prepares the caller's session.
    pub(super) fn session_setting(self) -> Option<&'static str> {
        let is_conflict = self == Self::Conflict;
        is_conflict.then_some("SET default_transaction_isolation = 'repeatable read'")
    }
}

/// Provokes a failure of the caller's statement, and returns its error.
pub(super) async fn provoke(
    real: RealFailure,
    caller: &mut ChaosConnection<Postgres>,
    fixture: &PostgresFixture,
) -> Error {
    let failed = match real {
        RealFailure::Deadlock => lose_a_deadlock(caller, fixture).await,
        RealFailure::Conflict => {
            let mut other = fixture.session().await;
            run_ok(&mut other, "UPDATE orders SET amount = 2 WHERE id = 1").await;
            run(caller, "UPDATE orders SET amount = 3 WHERE id = 1").await
        }
        RealFailure::Unique => run(caller, "INSERT INTO orders (reference) VALUES ('a')").await,
        RealFailure::ForeignKey => run(caller, "INSERT INTO orders (customer) VALUES (9)").await,
        RealFailure::StillReferred => run(caller, "DELETE FROM customers WHERE id = 1").await,
        RealFailure::Check => run(caller, "INSERT INTO orders (amount) VALUES (0)").await,
        RealFailure::StatementTimeout => {
            run_ok(&mut *caller, "SET statement_timeout = '50ms'").await;
            run(caller, "SELECT pg_sleep(60)").await
        }
        RealFailure::Cancelled => {
            sleep_until_stopped(caller, fixture, "SELECT pg_sleep(60)", "pg_cancel_backend").await
        }
        RealFailure::CancelledWrite => {
            sleep_until_stopped(
                caller,
                fixture,
                "UPDATE orders SET amount = 2 WHERE pg_sleep(60) IS NULL",
                "pg_cancel_backend",
            )
            .await
        }
        RealFailure::Terminated => {
            sleep_until_stopped(
                caller,
                fixture,
                "SELECT pg_sleep(60)",
                "pg_terminate_backend",
            )
            .await
        }
        RealFailure::ReadOnly(statement) => {
            let sql = "SET default_transaction_read_only = on; SET transaction_read_only = on";
            run_ok(&mut *caller, sql).await;
            run(caller, statement).await
        }
        RealFailure::Reset => run_over_broken_wire(caller, fixture, Fault::reset()).await,
        RealFailure::ResetAfterRows => {
            let reset = Fault::disconnect(Disconnect::ResetAfter(50_000));
            run_over_broken_wire(caller, fixture, reset).await
        }
        RealFailure::Closed => {
            let cut = Fault::disconnect(Disconnect::CutAfter(0));
            run_over_broken_wire(caller, fixture, cut).await
        }
        RealFailure::Undefined => run(caller, "SELECT * FROM missing").await,
        RealFailure::Denied => {
            run_ok(&mut *caller, &format!("SET ROLE {}", fixture.name())).await;
            run(caller, "SELECT * FROM orders").await
        }
        RealFailure::LockTimeout => {
            let mut other = fixture.session().await;
            run_ok(&mut other, "BEGIN; LOCK TABLE orders").await;
            run_ok(&mut *caller, "SET lock_timeout = '10ms'").await;
            run(caller, "UPDATE orders SET amount = 1").await
        }
        RealFailure::DivisionByZero => run(caller, "SELECT 1/0").await,
        RealFailure::IdleInTransaction => {
            let mut other = fixture.session().await;
            let pid = pid(&mut *caller).await;
            let sql = "SET idle_in_transaction_session_timeout = '1ms'";
            run_ok(&mut *caller, sql).await;
            let ended = format!("SELECT 1 WHERE NOT EXISTS ({})", activity(pid, "true"));
            wait_for_row(&mut other, &ended).await;
            run(caller, "SELECT 1").await
        }
    };
    failed.unwrap_err()
}

/// Runs a statement that must succeed.
async fn run_ok<'c>(session: impl Executor<'c, Database = Postgres>, sql: &str) {
    run(session, sql).await.unwrap();
}

/// Runs into a deadlock with another session. Only the caller checks for deadlocks in time, so the caller loses.
async fn lose_a_deadlock(
    caller: &mut ChaosConnection<Postgres>,
    fixture: &PostgresFixture,
) -> Result<(), Error> {
    let (mut other, mut watcher) = (fixture.session().await, fixture.session().await);
    let id = pid(&mut other).await;
    let sql = "SET deadlock_timeout = '10ms'; UPDATE orders SET amount = 2 WHERE id = 1";
    run_ok(&mut *caller, sql).await;
    let sql = "SET deadlock_timeout = '1h'; BEGIN; UPDATE orders SET amount = 3 WHERE id = 2";
    run_ok(&mut other, sql).await;
    let wins = tokio::spawn(async move {
        run_ok(&mut other, "UPDATE orders SET amount = 3 WHERE id = 1").await;
    });
    wait_for_row(&mut watcher, &activity(id, "wait_event_type = 'Lock'")).await;
    let failed = run(caller, "UPDATE orders SET amount = 2 WHERE id = 2").await;
    wins.await.unwrap();
    failed
}

/// Runs a query over a connection that breaks before the reply.
async fn run_over_broken_wire(
    caller: &mut ChaosConnection<Postgres>,
    fixture: &PostgresFixture,
    fault: Fault,
) -> Result<(), Error> {
    let radius = BlastRadius::streams_to("wire").operation("read");
    let _broken = fixture.wire().inject(radius, fault).unwrap();
    run(caller, "SELECT * FROM generate_series(1, 100000)").await
}

/// Runs a sleeping query until another session calls this function on it.
async fn sleep_until_stopped(
    caller: &mut ChaosConnection<Postgres>,
    fixture: &PostgresFixture,
    sql: &str,
    function: &'static str,
) -> Result<(), Error> {
    let mut other = fixture.session().await;
    let pid = pid(&mut *caller).await;
    let stops = tokio::spawn(async move {
        wait_for_row(&mut other, &activity(pid, "wait_event = 'PgSleep'")).await;
        run_ok(&mut other, &format!("SELECT {function}({pid})")).await;
    });
    let failed = run(caller, sql).await;
    stops.await.unwrap();
    failed
}

async fn pid<'c>(session: impl Executor<'c, Database = Postgres>) -> i32 {
    let row = session.fetch_one("SELECT pg_backend_pid()").await;
    row.unwrap().get(0)
}

/// Returns a query that has a row while a session is in this state.
fn activity(pid: i32, state: &str) -> String {
    format!("SELECT 1 FROM pg_stat_activity WHERE pid = {pid} AND {state}")
}

/// Waits until this query returns a row.
async fn wait_for_row(session: &mut PgConnection, query: &str) {
    loop {
        let row = session
            .fetch_optional(AssertSqlSafe(query.to_owned()))
            .await;
        if row.unwrap().is_some() {
            return;
        }
        tokio::task::yield_now().await;
    }
}
