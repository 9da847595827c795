//! How a real failure is provoked.

use chaos_sqlx::{BlastRadius, ChaosConnection, Disconnect, Fault};
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Error, Executor, MySql, Row};

use super::read_only::ReadOnly;
use super::stage::{Caller, Stage, run};

/// A real failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Real {
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

impl Real {
    /// Who it happens to.
    pub(super) fn caller(self) -> Caller {
        match self {
            Self::ReadOnlyServer | Self::Denied | Self::QuotaExceeded => Caller::MayInsert,
            _ => Caller::MayDoAll,
        }
    }
}

/// Has this failure happen to the caller, and gives what it is told.
pub(super) async fn provoke(
    real: Real,
    caller: &mut ChaosConnection<MySql>,
    stage: &Stage,
) -> Error {
    let mut other = stage.session().await;
    let failed = match real {
        Real::Deadlock => lose_a_deadlock(caller, other).await,
        Real::Unique => run(caller, "INSERT INTO orders (reference) VALUES ('a')").await,
        Real::ForeignKey => run(caller, "INSERT INTO orders (customer) VALUES (9)").await,
        Real::StillReferred => run(caller, "DELETE FROM customers WHERE id = 1").await,
        Real::Check => run(caller, "INSERT INTO orders (amount) VALUES (0)").await,
        Real::StatementTimeout => {
            well(&mut *caller, "SET max_statement_time = 0.05").await;
            run(caller, "SELECT SLEEP(60)").await
        }
        Real::Cancelled => sleep_until(caller, other, "SELECT SLEEP(60)", "KILL QUERY").await,
        Real::CancelledWrite => {
            sleep_until(
                caller,
                other,
                "UPDATE orders SET amount = 2 WHERE SLEEP(60)",
                "KILL QUERY",
            )
            .await
        }
        Real::Killed => sleep_until(caller, other, "SELECT SLEEP(60)", "KILL CONNECTION").await,
        Real::ReadOnlyServer => {
            let _read_only = ReadOnly::begin(stage).await;
            run(caller, "INSERT INTO orders (amount) VALUES (1)").await
        }
        Real::ReadOnlyTransaction => {
            well(&mut *caller, "START TRANSACTION READ ONLY").await;
            let failed = run(&mut *caller, "INSERT INTO orders (amount) VALUES (1)").await;
            well(caller, "ROLLBACK").await;
            failed
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
        Real::Denied => run(caller, "SELECT * FROM customers").await,
        Real::LockTimeout => {
            well(&mut other, "BEGIN; UPDATE orders SET amount = 1").await;
            well(&mut *caller, "SET innodb_lock_wait_timeout = 0").await;
            run(caller, "UPDATE orders SET amount = 1").await
        }
        Real::TableFull => {
            let sql = "SET max_heap_table_size = 16384; ALTER TABLE small ENGINE = MEMORY";
            well(&mut other, sql).await;
            run(caller, "INSERT INTO small SELECT 'x' FROM seq_1_to_10000").await
        }
        Real::QuotaExceeded => loop {
            let asked = run(&mut *caller, "SELECT 1").await;
            if asked.is_err() {
                break asked;
            }
        },
    };
    failed.unwrap_err()
}

/// Does what does not fail.
async fn well<'c>(session: impl Executor<'c, Database = MySql>, sql: &str) {
    run(session, sql).await.unwrap();
}

/// The other one has written more, so that it is the caller who is rolled back, whoever comes last.
async fn lose_a_deadlock(
    caller: &mut ChaosConnection<MySql>,
    mut other: MySqlConnection,
) -> Result<(), Error> {
    well(&mut *caller, "UPDATE orders SET amount = 2 WHERE id = 1").await;
    let sql = "BEGIN; UPDATE orders SET amount = 3 WHERE id = 2; \
               INSERT INTO witness SELECT 3 FROM seq_1_to_1000";
    well(&mut other, sql).await;
    let wins = async {
        well(&mut other, "UPDATE orders SET amount = 3 WHERE id = 1").await;
        well(&mut other, "ROLLBACK").await;
    };
    let loses = run(caller, "UPDATE orders SET amount = 2 WHERE id = 2");
    tokio::join!(loses, wins).0
}

/// Asks something over a wire that breaks before the answer.
async fn run_over(
    caller: &mut ChaosConnection<MySql>,
    stage: &Stage,
    fault: Fault,
) -> Result<(), Error> {
    let radius = BlastRadius::streams_to("wire").operation("read");
    let _broken = stage.wire().inject(radius, fault).unwrap();
    run(caller, "SELECT * FROM seq_1_to_100000").await
}

/// Sleeps until it is hit by this statement of somebody else's.
async fn sleep_until(
    caller: &mut ChaosConnection<MySql>,
    mut other: MySqlConnection,
    sql: &str,
    kill: &'static str,
) -> Result<(), Error> {
    let id = id(&mut *caller).await;
    let hits = tokio::spawn(async move {
        let sleeps = format!(
            "SELECT 1 FROM information_schema.processlist \
             WHERE id = {id} AND state = 'User sleep'"
        );
        until(&mut other, &sleeps).await;
        well(&mut other, &format!("{kill} {id}")).await;
    });
    let failed = run(caller, sql).await;
    hits.await.unwrap();
    failed
}

async fn id<'c>(session: impl Executor<'c, Database = MySql>) -> u64 {
    let row = session.fetch_one("SELECT CONNECTION_ID()").await;
    row.unwrap().get(0)
}

/// Waits until this query has a row.
async fn until(session: &mut MySqlConnection, query: &str) {
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
