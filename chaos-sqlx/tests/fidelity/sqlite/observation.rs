//! What a caller sees of a failure, and what is left after it.

use std::time::Instant;

use chaos_sqlx::{ChaosConnection, ChaosPool};
use sqlx::sqlite::SqliteError;
use sqlx::{Executor, Sqlite};

use super::scene::Scene;
use super::stage::{Cause, PATIENCE, Stage};
use crate::seen::Seen;

/// What a caller sees of a failure, and what is left of its transaction, its connection and the database.
#[derive(Debug, PartialEq)]
pub(crate) struct Observed {
    failed: Result<(), Box<Seen>>,
    waited: Waited,
    /// What is left, if it was within a transaction.
    left: Option<Left>,
    /// What comes of two more transactions on the connection: 8 is rolled back, 9 is committed.
    next_transactions: Result<(), Box<Seen>>,
    /// The notes that are there in the end.
    notes: Vec<i64>,
}

/// What is left of a transaction.
#[derive(Debug, PartialEq)]
struct Left {
    in_transaction: bool,
    next_statement: Result<i64, Box<Seen>>,
    commit: Result<(), Box<Seen>>,
}

/// Whether it was told at once.
#[derive(Debug, PartialEq)]
pub(super) enum Waited {
    NotAtAll,
    ForItsLimit,
}

impl Waited {
    pub(super) fn since(started: Instant) -> Self {
        if started.elapsed() >= PATIENCE {
            Self::ForItsLimit
        } else {
            Self::NotAtAll
        }
    }
}

pub(super) fn seen<T>(result: Result<T, sqlx::Error>) -> Result<T, Box<Seen>> {
    result.map_err(|error| Box::new(Seen::of::<SqliteError>(&error)))
}

impl Observed {
    /// Of a failure before there was a connection.
    pub(super) fn outside(failed: Result<(), Box<Seen>>, waited: Waited) -> Self {
        Self {
            failed,
            waited,
            left: None,
            next_transactions: Ok(()),
            notes: Vec::new(),
        }
    }

    /// Whether the last transaction was said to be committed, and is not.
    pub(crate) fn lost_a_commit(&self) -> bool {
        self.next_transactions.is_ok() && !self.notes.contains(&9)
    }

    /// Has a statement fail within a transaction, and looks at what is left.
    ///
    /// Real failures are seen through a pool of ours, too, which nothing concerns then.
    pub(super) async fn of(
        stage: &Stage,
        db: &ChaosPool<Sqlite>,
        scene: &Scene,
        cause: Cause<'_>,
        statement: &'static str,
    ) -> Self {
        let mut connection = db.acquire().await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        transaction.execute(scene.before).await.unwrap();
        let made = stage.make(cause, transaction.bypass().unwrap()).await;
        let started = Instant::now();
        let mut observed = if statement == "COMMIT" {
            let failed = seen(transaction.commit().await);
            let waited = Waited::since(started);
            made.end(None).await;
            Self::outside(failed, waited)
        } else {
            let failed = seen(transaction.fetch_all(statement).await.map(drop));
            let waited = Waited::since(started);
            made.end(transaction.bypass().ok()).await;
            let in_transaction = transaction.is_in_transaction();
            let count = sqlx::query_scalar("SELECT count(*) FROM notes");
            let next_statement = seen(count.fetch_one(&mut *transaction).await);
            Self {
                left: Some(Left {
                    in_transaction,
                    next_statement,
                    commit: seen(transaction.commit().await),
                }),
                ..Self::outside(failed, waited)
            }
        };
        drop(connection);
        let mut next = db.acquire().await.unwrap();
        observed.next_transactions = seen(next_transactions(&mut next).await);
        drop(next);
        observed.notes = stage.notes().await;
        observed
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
