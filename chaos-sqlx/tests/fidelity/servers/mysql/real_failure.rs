//! Provokes real failures.

use chaos_sqlx::{BlastRadius, ChaosConnection, Disconnect, Fault};
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Error, Executor, MySql, Row};

use super::mysql_fixture::{Caller, MySqlFixture, run};
use super::read_only_server::ReadOnlyServer;

/// A real failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RealFailure {
    Deadlock,
    Unique,
    ForeignKey,
    StillReferred,
    Check,
    StatementTimeout,
    Cancelled,
    CancelledWrite,
    Killed,
    ReadOnlyServer,
    ReadOnlyTransaction,
    Reset,
    ResetAfterRows,
    Closed,
    Undefined,
    Denied,
    LockTimeout,
    TableFull,
    QuotaExceeded,
}

impl RealFailure {
    /// Returns the user that can suffer this failure.
    pub(super) fn caller(self) -> Caller {
        match self {
            Self::ReadOnlyServer | Self::Denied | Self::QuotaExceeded => Caller::InsertOnly,
            _ => Caller::Admin,
        }
    }
}

/// Provokes a failure of the caller's statement, and returns its error.
pub(super) async fn provoke(
    real: RealFailure,
    caller: &mut ChaosConnection<MySql>,
    fixture: &MySqlFixture,
) -> Error {
    let mut other = fixture.session().await;
    let failed = match real {
        RealFailure::Deadlock => lose_a_deadlock(caller, other).await,
        RealFailure::Unique => run(caller, "INSERT INTO orders (reference) VALUES ('a')").await,
        RealFailure::ForeignKey => run(caller, "INSERT INTO orders (customer) VALUES (9)").await,
        RealFailure::StillReferred => run(caller, "DELETE FROM customers WHERE id = 1").await,
        RealFailure::Check => run(caller, "INSERT INTO orders (amount) VALUES (0)").await,
        RealFailure::StatementTimeout => {
            run_ok(&mut *caller, "SET max_statement_time = 0.05").await;
            run(caller, "SELECT SLEEP(60)").await
        }
        RealFailure::Cancelled => {
            sleep_until_killed(caller, other, "SELECT SLEEP(60)", "KILL QUERY").await
        }
        RealFailure::CancelledWrite => {
            sleep_until_killed(
                caller,
                other,
                "UPDATE orders SET amount = 2 WHERE SLEEP(60)",
                "KILL QUERY",
            )
            .await
        }
        RealFailure::Killed => {
            sleep_until_killed(caller, other, "SELECT SLEEP(60)", "KILL CONNECTION").await
        }
        RealFailure::ReadOnlyServer => {
            let _read_only = ReadOnlyServer::begin(fixture).await;
            run(caller, "INSERT INTO orders (amount) VALUES (1)").await
        }
        RealFailure::ReadOnlyTransaction => {
            run_ok(&mut *caller, "START TRANSACTION READ ONLY").await;
            let failed = run(&mut *caller, "INSERT INTO orders (amount) VALUES (1)").await;
            run_ok(caller, "ROLLBACK").await;
            failed
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
        RealFailure::Denied => run(caller, "SELECT * FROM customers").await,
        RealFailure::LockTimeout => {
            run_ok(&mut other, "BEGIN; UPDATE orders SET amount = 1").await;
            run_ok(&mut *caller, "SET innodb_lock_wait_timeout = 0").await;
            run(caller, "UPDATE orders SET amount = 1").await
        }
        RealFailure::TableFull => {
            let sql = "SET max_heap_table_size = 16384; ALTER TABLE small ENGINE = MEMORY";
            run_ok(&mut other, sql).await;
            run(caller, "INSERT INTO small SELECT 'x' FROM seq_1_to_10000").await
        }
        RealFailure::QuotaExceeded => loop {
            let result = run(&mut *caller, "SELECT 1").await;
            if result.is_err() {
                break result;
            }
        },
    };
    failed.unwrap_err()
}

/// Runs a statement that must succeed.
async fn run_ok<'c>(session: impl Executor<'c, Database = MySql>, sql: &str) {
    run(session, sql).await.unwrap();
}

/// Runs into a deadlock with another session, which has written more, so the server rolls the caller back.
async fn lose_a_deadlock(
    caller: &mut ChaosConnection<MySql>,
    mut other: MySqlConnection,
) -> Result<(), Error> {
    run_ok(&mut *caller, "UPDATE orders SET amount = 2 WHERE id = 1").await;
    let sql = "BEGIN; UPDATE orders SET amount = 3 WHERE id = 2; \
               INSERT INTO witness SELECT 3 FROM seq_1_to_1000";
    run_ok(&mut other, sql).await;
    let wins = async {
        run_ok(&mut other, "UPDATE orders SET amount = 3 WHERE id = 1").await;
        run_ok(&mut other, "ROLLBACK").await;
    };
    let loses = run(caller, "UPDATE orders SET amount = 2 WHERE id = 2");
    tokio::join!(loses, wins).0
}

/// Runs a query over a connection that breaks before the reply.
async fn run_over_broken_wire(
    caller: &mut ChaosConnection<MySql>,
    fixture: &MySqlFixture,
    fault: Fault,
) -> Result<(), Error> {
    let radius = BlastRadius::streams_to("wire").operation("read");
    let _broken = fixture.wire().inject(radius, fault).unwrap();
    run(caller, "SELECT * FROM seq_1_to_100000").await
}

/// Runs a sleeping query until another session kills it with this statement.
async fn sleep_until_killed(
    caller: &mut ChaosConnection<MySql>,
    mut other: MySqlConnection,
    sql: &str,
    kill: &'static str,
) -> Result<(), Error> {
    let id = connection_id(&mut *caller).await;
    let kills = tokio::spawn(async move {
        let sleeps = format!(
            "SELECT 1 FROM information_schema.processlist \
             WHERE id = {id} AND state = 'User sleep'"
        );
        wait_for_row(&mut other, &sleeps).await;
        run_ok(&mut other, &format!("{kill} {id}")).await;
    });
    let failed = run(caller, sql).await;
    kills.await.unwrap();
    failed
}

async fn connection_id<'c>(session: impl Executor<'c, Database = MySql>) -> u64 {
    let row = session.fetch_one("SELECT CONNECTION_ID()").await;
    row.unwrap().get(0)
}

/// Waits until this query returns a row.
async fn wait_for_row(session: &mut MySqlConnection, query: &str) {
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
