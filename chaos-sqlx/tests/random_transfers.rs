//! Random transfers between accounts, over a pool that fails at random.

use std::time::Duration;

use chaos_sqlx::{
    BlastRadius, ChaosManager, ChaosPool, Disconnect, Experiment, ExperimentGuard, Failure, Fault,
    Phase, Rate,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Executor, Sqlite};

/// What a client does when it does not know whether its transfer was committed.
#[derive(Debug, Clone, Copy)]
enum Client {
    ReadsBack,
    TriesAgain,
}

#[derive(Debug, Clone)]
struct Transfer {
    from: i64,
    to: i64,
    amount: i64,
}

#[derive(Debug, Clone)]
struct Trouble {
    fault: Fault,
    phase: Phase,
    operation: &'static str,
    percent: u32,
}

#[derive(Debug, Clone)]
struct Case {
    seed: u64,
    /// The share of commits whose reply is lost.
    lost: u32,
    trouble: Vec<Trouble>,
    transfers: Vec<Transfer>,
}

const ACCOUNTS: i64 = 3;
const AT_FIRST: i64 = 100;

fn cases() -> impl Strategy<Value = Case> {
    let transfer = (0..ACCOUNTS, 0..ACCOUNTS, 1..20_i64);
    let transfer = transfer.prop_map(|(from, to, amount)| Transfer { from, to, amount });
    let transfers = prop::collection::vec(transfer, 4..10);
    let trouble = prop::collection::vec(trouble(), 0..4);
    let case = (any::<u64>(), 10..60_u32, trouble, transfers);
    case.prop_map(|(seed, lost, trouble, transfers)| Case {
        seed,
        lost,
        trouble,
        transfers,
    })
}

// Neither a full disk nor a cancelled write: SQLite ends the transaction with them, sqlx 0.9 does not notice, and then
// says of commits that they happened which did not. No client can make up for that; `fidelity` shows that it is so of
// real failures, too.
fn trouble() -> impl Strategy<Value = Trouble> {
    let failures = [
        Failure::Deadlock,
        Failure::SerializationConflict,
        Failure::ReadOnly,
        Failure::Unavailable,
        Failure::Closed,
        Failure::UniqueViolation,
    ];
    let faults = failures.map(Fault::error).into_iter().chain([
        Fault::reset(),
        Fault::disconnect(Disconnect::ResetAfter(1)),
        Fault::latency(Duration::from_millis(1)),
        Fault::timeout(Duration::from_millis(2)),
    ]);
    let phases = vec![Phase::Before, Phase::During, Phase::After];
    let operations = vec!["*", "COMMIT", "BEGIN", "UPDATE *", "SELECT *", "INSERT *"];
    let drawn = (
        select(faults.collect::<Vec<_>>()),
        select(phases),
        select(operations),
        1..30_u32,
    );
    drawn.prop_map(|(fault, phase, operation, percent)| Trouble {
        fault,
        phase,
        operation,
        percent,
    })
}

impl Trouble {
    fn start(self, chaos: &ChaosManager, name: String) -> ExperimentGuard {
        let radius = BlastRadius::queries_on("bank-db")
            .operation(self.operation)
            .rate(Rate::percent(self.percent.into()).unwrap());
        let experiment = Experiment::new(name)
            .fault(self.fault)
            .phase(self.phase)
            .blast_radius(radius);
        chaos.start(experiment).unwrap()
    }
}

async fn try_transfer(
    db: &ChaosPool<Sqlite>,
    number: i64,
    transfer: &Transfer,
) -> sqlx::Result<()> {
    let mut transaction = db.begin().await?;
    for (account, amount) in [
        (transfer.from, -transfer.amount),
        (transfer.to, transfer.amount),
    ] {
        sqlx::query("UPDATE accounts SET balance = balance + ? WHERE id = ?")
            .bind(amount)
            .bind(account)
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query("INSERT INTO transfers VALUES (?)")
        .bind(number)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

async fn is_done(db: &ChaosPool<Sqlite>, number: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT count(*) > 0 FROM transfers WHERE number = ?")
        .bind(number)
        .fetch_one(db)
        .await
}

impl Client {
    async fn transfer(self, db: &ChaosPool<Sqlite>, number: i64, transfer: &Transfer) {
        while try_transfer(db, number, transfer).await.is_err() {
            if let Self::ReadsBack = self {
                let done = loop {
                    if let Ok(done) = is_done(db, number).await {
                        break done;
                    }
                };
                if done {
                    return;
                }
            }
        }
    }
}

/// Does all transfers of a case, two at a time, and wants each to have been done once.
async fn every_transfer_is_done_once(client: Client, case: Case) -> Result<(), TestCaseError> {
    let directory = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(directory.path().join("bank"))
        .create_if_missing(true)
        .synchronous(SqliteSynchronous::Off)
        .busy_timeout(Duration::from_millis(100));
    let mut bank = options.connect().await.unwrap();
    bank.execute(
        "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER);
         CREATE TABLE transfers (number)",
    )
    .await
    .unwrap();
    let mut expected = vec![AT_FIRST; ACCOUNTS as usize];
    for id in 0..ACCOUNTS {
        let open = sqlx::query("INSERT INTO accounts VALUES (?, ?)")
            .bind(id)
            .bind(AT_FIRST);
        open.execute(&mut bank).await.unwrap();
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(3)
        .acquire_timeout(Duration::from_millis(100))
        .connect_lazy_with(options);

    let chaos = ChaosManager::builder().seed(case.seed).build();
    let db = ChaosPool::new(pool, &chaos, "bank-db");
    let lost = Trouble {
        fault: Fault::reset(),
        phase: Phase::After,
        operation: "COMMIT",
        percent: case.lost,
    };
    let trouble = std::iter::once(lost).chain(case.trouble).enumerate();
    let _guards: Vec<_> = trouble
        .map(|(at, trouble)| trouble.start(&chaos, at.to_string()))
        .collect();
    let (even, odd): (Vec<_>, Vec<_>) = (0..).zip(&case.transfers).partition(|(at, _)| at % 2 == 0);
    let work = |share: Vec<(i64, &Transfer)>| {
        let (db, share) = (
            db.clone(),
            share
                .into_iter()
                .map(|(at, transfer)| (at, transfer.clone())),
        );
        let share: Vec<_> = share.collect();
        async move {
            for (number, transfer) in share {
                client.transfer(&db, number, &transfer).await;
            }
        }
    };
    tokio::join!(work(even), work(odd));
    chaos.halt();

    for transfer in &case.transfers {
        expected[transfer.from as usize] -= transfer.amount;
        expected[transfer.to as usize] += transfer.amount;
    }
    let balances: Vec<i64> = sqlx::query_scalar("SELECT balance FROM accounts ORDER BY id")
        .fetch_all(&mut bank)
        .await
        .unwrap();
    prop_assert_eq!(balances.iter().sum::<i64>(), AT_FIRST * ACCOUNTS);
    prop_assert_eq!(balances, expected);
    Ok(())
}

fn check(client: Client) -> Result<(), TestError<Case>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: 48,
        max_shrink_iters: 30,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config).run(&cases(), |case| {
        runtime.block_on(every_transfer_is_done_once(client, case))
    })
}

#[test]
fn who_reads_back_what_was_committed_does_every_transfer_once() {
    if let Err(error) = check(Client::ReadsBack) {
        panic!("{error}");
    }
}

#[test]
fn who_blindly_tries_again_is_caught_spending_twice() {
    let caught = check(Client::TriesAgain).unwrap_err();
    assert!(matches!(caught, TestError::Fail(..)), "{caught}");
}
