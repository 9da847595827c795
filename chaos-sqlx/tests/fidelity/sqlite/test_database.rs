//! A file of its own, and the trouble that comes over it.

use std::path::PathBuf;
use std::time::Duration;

use chaos_sqlx::{ChaosManager, ChaosPool, Experiment, ExperimentGuard};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Connection, Executor, Sqlite, SqliteConnection, SqlitePool};
use tempfile::TempDir;

use super::scene::Scene;

/// How long all limits are here.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// A file of its own.
pub(super) struct Stage {
    options: SqliteConnectOptions,
    pub(super) pool: SqlitePool,
    directory: TempDir,
}

/// How a failure really comes about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trouble {
    /// By the statement alone.
    Statement,
    /// By what was done on the same connection before.
    Caller(&'static str),
    /// By what somebody else has done.
    Neighbour(&'static str),
    /// By a call of SQLite's own.
    Interrupt,
    /// By a journal that can't be opened.
    NoJournal,
}

/// Why a statement fails.
pub(super) enum Cause<'a> {
    Real(Trouble),
    Ours(&'a ChaosManager, &'a Experiment),
}

/// What keeps a statement failing.
pub(super) enum Made {
    Nothing,
    Interrupt,
    Journal(PathBuf),
    Pragmas,
    Neighbour(SqliteConnection),
    Experiment(ExperimentGuard),
}

impl Stage {
    pub(super) async fn of(scene: &Scene) -> Self {
        Self::new(scene.journal, scene.busy_timeout).await
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
            .acquire_timeout(PATIENCE)
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

    pub(super) fn under(&self, chaos: &ChaosManager) -> ChaosPool<Sqlite> {
        ChaosPool::new(self.pool.clone(), chaos, "notes-db")
    }

    async fn neighbour(&self) -> SqliteConnection {
        let impatient = self.options.clone().busy_timeout(Duration::ZERO);
        SqliteConnection::connect_with(&impatient).await.unwrap()
    }

    /// What is there for somebody who comes later.
    pub(super) async fn notes(&self) -> Vec<i64> {
        let notes = sqlx::query_scalar("SELECT id FROM notes ORDER BY id");
        notes.fetch_all(&mut self.neighbour().await).await.unwrap()
    }

    /// Has the next statement of this caller fail.
    pub(super) async fn make(&self, cause: Cause<'_>, caller: &mut SqliteConnection) -> Made {
        match cause {
            Cause::Ours(chaos, experiment) => {
                Made::Experiment(chaos.start(experiment.clone()).unwrap())
            }
            Cause::Real(Trouble::Statement) => Made::Nothing,
            Cause::Real(Trouble::Caller(sql)) => {
                caller.execute(sql).await.unwrap();
                Made::Pragmas
            }
            Cause::Real(Trouble::Neighbour(sql)) => {
                let mut neighbour = self.neighbour().await;
                // That of a deadlock fails, too, and keeps its lock.
                let _ = neighbour.execute(sql).await;
                Made::Neighbour(neighbour)
            }
            Cause::Real(Trouble::Interrupt) => {
                let mut handle = caller.lock_handle().await.unwrap();
                handle.set_progress_handler(1, || false);
                Made::Interrupt
            }
            Cause::Real(Trouble::NoJournal) => {
                let journal = self.directory.path().join("database-journal");
                std::fs::create_dir(&journal).unwrap();
                Made::Journal(journal)
            }
        }
    }
}

impl Made {
    /// Ends what would trouble all that follows, too.
    pub(super) async fn end(self, caller: Option<&mut SqliteConnection>) {
        match (self, caller) {
            (Self::Experiment(guard), _) => assert_eq!(guard.injected(), 1),
            (Self::Neighbour(neighbour), _) => neighbour.close().await.unwrap(),
            (Self::Journal(journal), _) => std::fs::remove_dir(journal).unwrap(),
            (Self::Interrupt, Some(caller)) => {
                let mut handle = caller.lock_handle().await.unwrap();
                handle.remove_progress_handler();
            }
            (Self::Pragmas, Some(caller)) => {
                let usual = "PRAGMA query_only = OFF; PRAGMA max_page_count = 4294967294";
                caller.execute(usual).await.unwrap();
            }
            (Self::Nothing | Self::Interrupt | Self::Pragmas, _) => {}
        }
    }
}
