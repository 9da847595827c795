//! Transactions whose beginning, queries and end pass the decision.

use std::fmt;
use std::ops::{Deref, DerefMut};

use chaos_core::adapter::Armed;
use sqlx::{Error, SqlStr};
use sqlx_core::transaction::TransactionManager;

use crate::ChaosConnection;
use crate::course::Course;
use crate::driver::{ChaosDatabase, WITHOUT_ROWS};
use crate::statement::Name;

/// A transaction, or a savepoint within one, whose beginning, queries and end pass the decision.
///
/// Dropped, it is rolled back as sqlx rolls its own back, which nothing strikes.
pub struct ChaosTransaction<'c, DB: ChaosDatabase> {
    connection: Seat<'c, DB>,
    open: bool,
}

/// The connection of a transaction.
pub(crate) enum Seat<'c, DB: ChaosDatabase> {
    Owned(ChaosConnection<DB>),
    Borrowed(&'c mut ChaosConnection<DB>),
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Commit,
    Rollback,
}

impl<'c, DB: ChaosDatabase> ChaosTransaction<'c, DB> {
    pub(crate) async fn open(
        connection: Seat<'c, DB>,
        statement: Option<SqlStr>,
    ) -> Result<Self, Error> {
        let mut transaction = Self {
            connection,
            open: false,
        };
        match transaction.course("BEGIN") {
            None => transaction.start(statement).await?,
            Some(course) => {
                let mut course = course.into_inner();
                let begun = transaction.start_under(&mut course, statement).await;
                course.finish(&begun);
                begun?;
            }
        }
        Ok(transaction)
    }

    /// Commits it.
    ///
    /// # Errors
    ///
    /// As sqlx's, and whatever strikes `COMMIT`: before it, the transaction is rolled back; after it, it is committed
    /// all the same.
    pub async fn commit(self) -> Result<(), Error> {
        self.end(End::Commit).await
    }

    /// Rolls it back.
    ///
    /// # Errors
    ///
    /// As sqlx's, and whatever strikes `ROLLBACK`; it is rolled back all the same.
    pub async fn rollback(self) -> Result<(), Error> {
        self.end(End::Rollback).await
    }

    fn course(&self, name: &'static str) -> Option<Armed<Course>> {
        Course::of(&self.connection.place().site, WITHOUT_ROWS, || {
            Name::of(name)
        })
    }

    async fn start(&mut self, statement: Option<SqlStr>) -> Result<(), Error> {
        let raw = self.connection.raw()?;
        // Whatever becomes of it from now on, it may have begun.
        self.open = true;
        DB::TransactionManager::begin(raw, statement).await
    }

    async fn start_under(
        &mut self,
        course: &mut Course,
        statement: Option<SqlStr>,
    ) -> Result<(), Error> {
        let locks = course.before(&mut self.connection).await?;
        let begun = course.work(self.start(statement)).await;
        locks.release().await;
        begun?;
        course.after(&mut self.connection).await
    }

    async fn end(mut self, end: End) -> Result<(), Error> {
        match self.course(end.name()) {
            None => self.finish(end).await,
            Some(course) => {
                let mut course = course.into_inner();
                let ended = self.finish_under(&mut course, end).await;
                course.finish(&ended);
                ended
            }
        }
    }

    async fn finish(&mut self, end: End) -> Result<(), Error> {
        let raw = self.connection.raw()?;
        match end {
            End::Commit => DB::TransactionManager::commit(raw).await?,
            End::Rollback => DB::TransactionManager::rollback(raw).await?,
        }
        self.open = false;
        Ok(())
    }

    async fn finish_under(&mut self, course: &mut Course, end: End) -> Result<(), Error> {
        let locks = course.before(&mut self.connection).await?;
        let ended = course.work(self.finish(end)).await;
        locks.release().await;
        ended?;
        course.after(&mut self.connection).await
    }
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Commit => "COMMIT",
            Self::Rollback => "ROLLBACK",
        }
    }
}

impl<DB: ChaosDatabase> Drop for ChaosTransaction<'_, DB> {
    fn drop(&mut self) {
        if self.open
            && let Ok(raw) = self.connection.raw()
        {
            DB::TransactionManager::start_rollback(raw);
        }
    }
}

impl<DB: ChaosDatabase> Deref for ChaosTransaction<'_, DB> {
    type Target = ChaosConnection<DB>;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl<DB: ChaosDatabase> DerefMut for ChaosTransaction<'_, DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}

impl<DB: ChaosDatabase> fmt::Debug for ChaosTransaction<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosTransaction")
            .field("connection", &*self.connection)
            .finish_non_exhaustive()
    }
}

impl<DB: ChaosDatabase> Deref for Seat<'_, DB> {
    type Target = ChaosConnection<DB>;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Owned(connection) => connection,
            Self::Borrowed(connection) => connection,
        }
    }
}

impl<DB: ChaosDatabase> DerefMut for Seat<'_, DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Owned(connection) => connection,
            Self::Borrowed(connection) => connection,
        }
    }
}
