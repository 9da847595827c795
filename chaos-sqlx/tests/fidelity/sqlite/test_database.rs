//! A database in a temporary file, and the causes of its failures.

use std::path::PathBuf;
use std::time::Duration;

use chaos_sqlx::{ChaosManager, ChaosPool, Experiment, ExperimentGuard};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Connection, Executor, Sqlite, SqliteConnection, SqlitePool};
use tempfile::TempDir;

use super::scenario::Scenario;

/// The time limit of locks and of `acquire`.
pub(super) const TIMEOUT: Duration = Duration::from_secs(1);

/// A database in a temporary file.
pub(super) struct TestDatabase {
    options: SqliteConnectOptions,
    pub(super) pool: SqlitePool,
    directory: TempDir,
}

/// The cause of a real failure.
#[derive(Debug, Clone, Copy)]
pub(super) enum RealCause {
    /// The statement itself.
    Statement,
    /// A statement on the same connection before it.
    Caller(&'static str),
    /// A statement on another connection.
    Neighbour(&'static str),
    /// A call of SQLite's `interrupt`.
    Interrupt,
    /// A journal that can't be opened.
    NoJournal,
}

/// The cause of a failure, real or injected.
pub(super) enum FailureCause<'a> {
    Real(RealCause),
    Injected(&'a ChaosManager, &'a Experiment),
}

/// A cause that is active until it is stopped.
pub(super) enum ActiveCause {
    Nothing,
    Interrupt,
    Journal(PathBuf),
    Pragmas,
    Neighbour(SqliteConnection),
    Experiment(ExperimentGuard),
}

impl TestDatabase {
    pub(super) async fn for_scenario(scenario: &Scenario) -> Self {
        Self::new(scenario.journal, scenario.busy_timeout).await
    }

    pub(super) async fn new(journal: SqliteJournalMode, busy_timeout: Duration) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(directory.path().join("database"))
            .create_if_missing(true)
            .journal_mode(journal)
            .busy_timeout(busy_timeout);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(TIMEOUT)
            .connect_with(options.clone())
            .await
            .unwrap();
        pool.execute(
            "CREATE TABLE notes (id UNIQUE CHECK (id > 0)); INSERT INTO notes VALUES (1);
             CREATE TABLE replies (id INTEGER PRIMARY KEY, note REFERENCES notes (id));
             CREATE TABLE others (id UNIQUE)",
        )
        .await
        .unwrap();
        Self {
            options,
            pool,
            directory,
        }
    }

    pub(super) fn chaos_pool(&self, chaos: &ChaosManager) -> ChaosPool<Sqlite> {
        ChaosPool::new(self.pool.clone(), chaos, "notes-db")
    }

    async fn neighbour(&self) -> SqliteConnection {
        let options = self.options.clone().busy_timeout(Duration::ZERO);
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    /// Returns the notes that other connections see.
    pub(super) async fn notes(&self) -> Vec<i64> {
        let notes = sqlx::query_scalar("SELECT id FROM notes ORDER BY id");
        notes.fetch_all(&mut self.neighbour().await).await.unwrap()
    }

    /// Makes the caller's next statement fail.
    pub(super) async fn start(
        &self,
        cause: FailureCause<'_>,
        caller: &mut SqliteConnection,
    ) -> ActiveCause {
        match cause {
            FailureCause::Injected(chaos, experiment) => {
                ActiveCause::Experiment(chaos.start(experiment.clone()).unwrap())
            }
            FailureCause::Real(RealCause::Statement) => ActiveCause::Nothing,
            FailureCause::Real(RealCause::Caller(sql)) => {
                caller.execute(sql).await.unwrap();
                ActiveCause::Pragmas
            }
            FailureCause::Real(RealCause::Neighbour(sql)) => {
                let mut neighbour = self.neighbour().await;
                // In a deadlock, this fails too, and keeps its lock.
                let _ = neighbour.execute(sql).await;
                ActiveCause::Neighbour(neighbour)
            }
            FailureCause::Real(RealCause::Interrupt) => {
                let mut handle = caller.lock_handle().await.unwrap();
                handle.set_progress_handler(1, || false);
                ActiveCause::Interrupt
            }
            FailureCause::Real(RealCause::NoJournal) => {
                let journal = self.directory.path().join("database-journal");
                std::fs::create_dir(&journal).unwrap();
                ActiveCause::Journal(journal)
            }
        }
    }
}

impl ActiveCause {
    /// Stops the cause, so that later statements do not fail.
    pub(super) async fn stop(self, caller: Option<&mut SqliteConnection>) {
        match (self, caller) {
            (Self::Experiment(guard), _) => assert_eq!(guard.injected(), 1),
            (Self::Neighbour(neighbour), _) => neighbour.close().await.unwrap(),
            (Self::Journal(journal), _) => std::fs::remove_dir(journal).unwrap(),
            (Self::Interrupt, Some(caller)) => {
                let mut handle = caller.lock_handle().await.unwrap();
                handle.remove_progress_handler();
            }
            (Self::Pragmas, Some(caller)) => {
                let defaults = "PRAGMA query_only = OFF; PRAGMA max_page_count = 4294967294";
                caller.execute(defaults).await.unwrap();
            }
            (Self::Nothing | Self::Interrupt | Self::Pragmas, _) => {}
        }
    }
}
