//! How a real failure is provoked.

use chaos_sqlx::{BlastRadius, ChaosConnection, Disconnect, Fault};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Error, Executor, Postgres, Row};

use super::stage::{Stage, run};
use crate::on_servers::comparing::Stage as _;

/// A real failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Real {
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
    /// This statement, where nothing may be written.
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

impl Real {
    /// What the caller's session has to be like.
    pub(super) fn setting(self) -> Option<&'static str> {
        let conflicts = self == Self::Conflict;
        conflicts.then_some("SET default_transaction_isolation = 'repeatable read'")
    }
}

/// Has this failure happen to the caller, and gives what it is told.
pub(super) async fn provoke(
    real: Real,
    caller: &mut ChaosConnection<Postgres>,
    stage: &Stage,
) -> Error {
    let failed = match real {
        Real::Deadlock => lose_a_deadlock(caller, stage).await,
        Real::Conflict => {
            let mut other = stage.session().await;
            well(&mut other, "UPDATE orders SET amount = 2 WHERE id = 1").await;
            run(caller, "UPDATE orders SET amount = 3 WHERE id = 1").await
        }
        Real::Unique => run(caller, "INSERT INTO orders (reference) VALUES ('a')").await,
        Real::ForeignKey => run(caller, "INSERT INTO orders (customer) VALUES (9)").await,
        Real::StillReferred => run(caller, "DELETE FROM customers WHERE id = 1").await,
        Real::Check => run(caller, "INSERT INTO orders (amount) VALUES (0)").await,
        Real::StatementTimeout => {
            well(&mut *caller, "SET statement_timeout = '50ms'").await;
            run(caller, "SELECT pg_sleep(60)").await
        }
        Real::Cancelled => {
            sleep_until(caller, stage, "SELECT pg_sleep(60)", "pg_cancel_backend").await
        }
        Real::CancelledWrite => {
            sleep_until(
                caller,
                stage,
                "UPDATE orders SET amount = 2 WHERE pg_sleep(60) IS NULL",
                "pg_cancel_backend",
            )
            .await
        }
        Real::Terminated => {
            sleep_until(caller, stage, "SELECT pg_sleep(60)", "pg_terminate_backend").await
        }
        Real::ReadOnly(statement) => {
            let sql = "SET default_transaction_read_only = on; SET transaction_read_only = on";
            well(&mut *caller, sql).await;
            run(caller, statement).await
        }
        Real::Reset => run_over(caller, stage, Fault::reset()).await,
        Real::ResetAfterRows => {
            let reset = Fault::disconnect(Disconnect::ResetAfter(50_000));
            run_over(caller, stage, reset).await
        }
        Real::Closed => {
            let cut = Fault::disconnect(Disconnect::CutAfter(0));
            run_over(caller, stage, cut).await
        }
        Real::Undefined => run(caller, "SELECT * FROM missing").await,
        Real::Denied => {
            well(&mut *caller, &format!("SET ROLE {}", stage.name())).await;
            run(caller, "SELECT * FROM orders").await
        }
        Real::LockTimeout => {
            let mut other = stage.session().await;
            well(&mut other, "BEGIN; LOCK TABLE orders").await;
            well(&mut *caller, "SET lock_timeout = '10ms'").await;
            run(caller, "UPDATE orders SET amount = 1").await
        }
        Real::DivisionByZero => run(caller, "SELECT 1/0").await,
        Real::IdleInTransaction => {
            let mut other = stage.session().await;
            let pid = pid(&mut *caller).await;
            let sql = "SET idle_in_transaction_session_timeout = '1ms'";
            well(&mut *caller, sql).await;
            let gone = format!("SELECT 1 WHERE NOT EXISTS ({})", activity(pid, "true"));
            until(&mut other, &gone).await;
            run(caller, "SELECT 1").await
        }
    };
    failed.unwrap_err()
}

/// Does what does not fail.
async fn well<'c>(session: impl Executor<'c, Database = Postgres>, sql: &str) {
    run(session, sql).await.unwrap();
}

/// The caller looks for a deadlock at once, and the other one never, so that it is the caller who loses.
async fn lose_a_deadlock(
    caller: &mut ChaosConnection<Postgres>,
    stage: &Stage,
) -> Result<(), Error> {
    let (mut other, mut watcher) = (stage.session().await, stage.session().await);
    let id = pid(&mut other).await;
    let sql = "SET deadlock_timeout = '10ms'; UPDATE orders SET amount = 2 WHERE id = 1";
    well(&mut *caller, sql).await;
    let sql = "SET deadlock_timeout = '1h'; BEGIN; UPDATE orders SET amount = 3 WHERE id = 2";
    well(&mut other, sql).await;
    let wins = tokio::spawn(async move {
        well(&mut other, "UPDATE orders SET amount = 3 WHERE id = 1").await;
    });
    until(&mut watcher, &activity(id, "wait_event_type = 'Lock'")).await;
    let failed = run(caller, "UPDATE orders SET amount = 2 WHERE id = 2").await;
    wins.await.unwrap();
    failed
}

/// Asks something over a wire that breaks before the answer.
async fn run_over(
    caller: &mut ChaosConnection<Postgres>,
    stage: &Stage,
    fault: Fault,
) -> Result<(), Error> {
    let radius = BlastRadius::streams_to("wire").operation("read");
    let _broken = stage.wire().inject(radius, fault).unwrap();
    run(caller, "SELECT * FROM generate_series(1, 100000)").await
}

/// Sleeps until it is hit by this function of somebody else's.
async fn sleep_until(
    caller: &mut ChaosConnection<Postgres>,
    stage: &Stage,
    sql: &str,
    function: &'static str,
) -> Result<(), Error> {
    let mut other = stage.session().await;
    let pid = pid(&mut *caller).await;
    let hits = tokio::spawn(async move {
        until(&mut other, &activity(pid, "wait_event = 'PgSleep'")).await;
        well(&mut other, &format!("SELECT {function}({pid})")).await;
    });
    let failed = run(caller, sql).await;
    hits.await.unwrap();
    failed
}

async fn pid<'c>(session: impl Executor<'c, Database = Postgres>) -> i32 {
    let row = session.fetch_one("SELECT pg_backend_pid()").await;
    row.unwrap().get(0)
}

/// A query that has a row when that session does this.
fn activity(pid: i32, what: &str) -> String {
    format!("SELECT 1 FROM pg_stat_activity WHERE pid = {pid} AND {what}")
}

/// Waits until this query has a row.
async fn until(session: &mut PgConnection, query: &str) {
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
