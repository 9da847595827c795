//! What a caller sees of a failure and after it.

use std::time::Instant;

use chaos_sqlx::{ChaosConnection, ChaosPool};
use sqlx::sqlite::SqliteError;
use sqlx::{Executor, Sqlite};

use super::observed_error::ObservedError;
use super::scenario::Scenario;
use super::test_database::{FailureCause, TIMEOUT, TestDatabase};

/// What a caller sees of a failure, and the state of the transaction, the connection and the database after it.
#[derive(Debug, PartialEq)]
pub(crate) struct Observation {
    result: Result<(), Box<ObservedError>>,
    wait: Wait,
    /// The state of the transaction after a failed statement in it.
    transaction: Option<TransactionState>,
    /// The result of two more transactions on the connection: one inserts 8 and is rolled back, one commits 9.
    next_transactions: Result<(), Box<ObservedError>>,
    /// The notes in the database at the end.
    notes: Vec<i64>,
}

/// The state of a transaction after a failed statement.
#[derive(Debug, PartialEq)]
struct TransactionState {
    in_transaction: bool,
    next_statement: Result<i64, Box<ObservedError>>,
    commit: Result<(), Box<ObservedError>>,
}

/// How long the caller waited for the failure.
#[derive(Debug, PartialEq)]
pub(super) enum Wait {
    None,
    UntilTimeout,
}

impl Wait {
    pub(super) fn since(started: Instant) -> Self {
        if started.elapsed() >= TIMEOUT {
            Self::UntilTimeout
        } else {
            Self::None
        }
    }
}

pub(super) fn observe_error<T>(result: Result<T, sqlx::Error>) -> Result<T, Box<ObservedError>> {
    result.map_err(|error| Box::new(ObservedError::of::<SqliteError>(&error)))
}

impl Observation {
    /// Creates the observation of a failure that leaves no transaction behind.
    pub(super) fn without_transaction(result: Result<(), Box<ObservedError>>, wait: Wait) -> Self {
        Self {
            result,
            wait,
            transaction: None,
            next_transactions: Ok(()),
            notes: Vec::new(),
        }
    }

    /// Whether the last commit reported success, but did not happen.
    pub(crate) fn lost_a_commit(&self) -> bool {
        self.next_transactions.is_ok() && !self.notes.contains(&9)
    }

    /// Observes a statement that fails inside a transaction.
    ///
    /// Real failures are observed through a chaos pool too, without an experiment.
    pub(super) async fn of(
        database: &TestDatabase,
        pool: &ChaosPool<Sqlite>,
        scenario: &Scenario,
        cause: FailureCause<'_>,
        statement: &'static str,
    ) -> Self {
        let mut connection = pool.acquire().await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        transaction.execute(scenario.before).await.unwrap();
        let active = database.start(cause, transaction.bypass().unwrap()).await;
        let started = Instant::now();
        let mut observation = if statement == "COMMIT" {
            let result = observe_error(transaction.commit().await);
            let wait = Wait::since(started);
            active.stop(None).await;
            Self::without_transaction(result, wait)
        } else {
            let result = observe_error(transaction.fetch_all(statement).await.map(drop));
            let wait = Wait::since(started);
            active.stop(transaction.bypass().ok()).await;
            let in_transaction = transaction.is_in_transaction();
            let count = sqlx::query_scalar("SELECT count(*) FROM notes");
            let next_statement = observe_error(count.fetch_one(&mut *transaction).await);
            Self {
                transaction: Some(TransactionState {
                    in_transaction,
                    next_statement,
                    commit: observe_error(transaction.commit().await),
                }),
                ..Self::without_transaction(result, wait)
            }
        };
        drop(connection);
        let mut next = pool.acquire().await.unwrap();
        observation.next_transactions = observe_error(next_transactions(&mut next).await);
        drop(next);
        observation.notes = database.notes().await;
        observation
    }
}

async fn next_transactions(connection: &mut ChaosConnection<Sqlite>) -> sqlx::Result<()> {
    let mut next = connection.begin().await?;
    next.execute("INSERT INTO notes VALUES (8)").await?;
    drop(next);
    let mut next = connection.begin().await?;
    next.execute("INSERT INTO notes VALUES (9)").await?;
    next.commit().await
}
