//! Random transfers between accounts, on a pool with random faults.

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

/// The client's reaction when it does not know whether its transfer was committed.
#[derive(Debug, Clone, Copy)]
enum Client {
    ReadsBack,
    RetriesBlindly,
}

#[derive(Debug, Clone)]
struct Transfer {
    from: i64,
    to: i64,
    amount: i64,
}

#[derive(Debug, Clone)]
struct RandomFault {
    fault: Fault,
    phase: Phase,
    operation: &'static str,
    percent: u32,
}

#[derive(Debug, Clone)]
struct Case {
    seed: u64,
    /// The percentage of commits whose reply is lost.
    lost_commits: u32,
    faults: Vec<RandomFault>,
    transfers: Vec<Transfer>,
}

const ACCOUNTS: i64 = 3;
const INITIAL_BALANCE: i64 = 100;

fn cases() -> impl Strategy<Value = Case> {
    let transfer = (0..ACCOUNTS, 0..ACCOUNTS, 1..20_i64);
    let transfer = transfer.prop_map(|(from, to, amount)| Transfer { from, to, amount });
    let transfers = prop::collection::vec(transfer, 4..10);
    let faults = prop::collection::vec(random_fault(), 0..4);
    let case = (any::<u64>(), 10..60_u32, faults, transfers);
    case.prop_map(|(seed, lost_commits, faults, transfers)| Case {
        seed,
        lost_commits,
        faults,
        transfers,
    })
}

// No full disk and no cancelled write: SQLite ends the transaction, sqlx 0.9 does not notice, and later commits report
// success without happening. No client can handle that; `fidelity` shows that real failures behave the same way.
fn random_fault() -> impl Strategy<Value = RandomFault> {
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
    drawn.prop_map(|(fault, phase, operation, percent)| RandomFault {
        phase: match fault {
            // Rows are counted during a statement only.
            Fault::Disconnect(Disconnect::ResetAfter(_)) => Phase::During,
            _ => phase,
        },
        fault,
        operation,
        percent,
    })
}

impl RandomFault {
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

/// Runs all transfers of a case, two at a time, and checks that each happened once.
async fn check_that_each_transfer_happens_once(
    client: Client,
    case: Case,
) -> Result<(), TestCaseError> {
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
    let mut expected = vec![INITIAL_BALANCE; ACCOUNTS as usize];
    for id in 0..ACCOUNTS {
        let open = sqlx::query("INSERT INTO accounts VALUES (?, ?)")
            .bind(id)
            .bind(INITIAL_BALANCE);
        open.execute(&mut bank).await.unwrap();
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(3)
        .acquire_timeout(Duration::from_millis(100))
        .connect_lazy_with(options);

    let chaos = ChaosManager::builder().seed(case.seed).build();
    let db = ChaosPool::new(pool, &chaos, "bank-db");
    let lost_commits = RandomFault {
        fault: Fault::reset(),
        phase: Phase::After,
        operation: "COMMIT",
        percent: case.lost_commits,
    };
    let faults = std::iter::once(lost_commits).chain(case.faults);
    let _guards: Vec<_> = faults
        .enumerate()
        .map(|(number, fault)| fault.start(&chaos, number.to_string()))
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
    prop_assert_eq!(balances.iter().sum::<i64>(), INITIAL_BALANCE * ACCOUNTS);
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
        runtime.block_on(check_that_each_transfer_happens_once(client, case))
    })
}

#[test]
fn a_client_that_reads_back_transfers_once() {
    if let Err(error) = check(Client::ReadsBack) {
        panic!("{error}");
    }
}

#[test]
fn a_client_that_retries_blindly_is_caught_transferring_twice() {
    let caught = check(Client::RetriesBlindly).unwrap_err();
    assert!(matches!(caught, TestError::Fail(..)), "{caught}");
}
