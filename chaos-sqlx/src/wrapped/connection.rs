//! A sqlx connection, with its pool, until a fault ends it.

use std::sync::Arc;

use chaos_core::adapter::TransactionRecord;
use chaos_core::{Failure, Site};
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Error};

use super::checked_out::CheckedOut;
use super::{WrappedPool, io_errors};
use crate::driver::{ChaosDatabase, InjectedError, Session};
use crate::sql::StatementInfo;

/// A sqlx connection, with its pool, until a fault ends it.
pub(crate) struct WrappedConnection<DB: ChaosDatabase> {
    pool: Arc<WrappedPool<DB>>,
    link: Link<DB>,
    /// What experiments have decided about the open transaction, which all its savepoints share.
    transaction: Option<TransactionRecord>,
}

/// The place of a transaction on its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nesting {
    Outermost,
    /// A savepoint inside a transaction.
    Savepoint,
}

enum Link<DB: Database> {
    /// The connection is dropped first, so it is on its way back to the pool when it stops counting as checked out.
    Pooled(
        PoolConnection<DB>,
        #[expect(dead_code, reason = "counts until it is dropped")] Option<CheckedOut>,
    ),
    /// Outside the pool.
    Detached(DB::Connection),
    /// Ended by a fault.
    Ended,
}

impl<DB: ChaosDatabase> WrappedConnection<DB> {
    pub(crate) fn new(pool: Arc<WrappedPool<DB>>, connection: PoolConnection<DB>) -> Self {
        let checked_out = pool.check_out();
        Self {
            pool,
            link: Link::Pooled(connection, checked_out),
            transaction: None,
        }
    }

    pub(crate) fn pool(&self) -> &WrappedPool<DB> {
        &self.pool
    }

    pub(crate) fn site(&self) -> &Site {
        &self.pool.site
    }

    /// Begins a transaction, or a savepoint inside one.
    pub(crate) fn enter_transaction(&mut self) -> Nesting {
        if self.transaction.is_some() {
            return Nesting::Savepoint;
        }
        self.transaction = Some(TransactionRecord::new());
        Nesting::Outermost
    }

    /// Ends a transaction, or a savepoint inside one.
    pub(crate) fn leave_transaction(&mut self, nesting: Nesting) {
        if nesting == Nesting::Outermost {
            self.transaction = None;
        }
    }

    /// Returns the record of the open transaction.
    pub(crate) fn transaction(&self) -> Option<&TransactionRecord> {
        self.transaction.as_ref()
    }

    /// Returns the sqlx connection.
    #[inline]
    pub(crate) fn raw(&mut self) -> Result<&mut DB::Connection, Error> {
        match &mut self.link {
            Link::Pooled(connection, _) => Ok(connection),
            Link::Detached(connection) => Ok(connection),
            Link::Ended => Err(io_errors::broken_pipe()),
        }
    }

    /// Returns the sqlx connection, unless a fault has ended it.
    pub(crate) fn raw_ref(&self) -> Option<&DB::Connection> {
        match &self.link {
            Link::Pooled(connection, _) => Some(connection),
            Link::Detached(connection) => Some(connection),
            Link::Ended => None,
        }
    }

    pub(crate) fn is_ended(&self) -> bool {
        matches!(self.link, Link::Ended)
    }

    pub(crate) fn is_in_transaction(&self) -> bool {
        self.raw_ref().is_some_and(Connection::is_in_transaction)
    }

    /// Fails in place of a statement, and ends the connection if the failure does.
    pub(crate) async fn fail(&mut self, failure: Failure, statement: StatementInfo<'_>) -> Error {
        let raw = match self.raw() {
            Ok(raw) => raw,
            Err(ended) => return ended,
        };
        let InjectedError { error, session } = match failure {
            Failure::Reset => InjectedError {
                error: io_errors::connection_reset(),
                session: Session::Ended,
            },
            Failure::Closed => InjectedError {
                error: io_errors::closed_by_peer::<DB>(),
                session: Session::Ended,
            },
            // Boxed, to keep this large and rare future out of those of all queries.
            failure => Box::pin(DB::fail(raw, failure, &statement)).await,
        };
        if session == Session::Ended {
            // Dropped outside the pool, which would test it first: the server sees the client disappear.
            drop(self.take_link().detach());
        }
        error
    }

    pub(crate) async fn close(self) -> Result<(), Error> {
        match self.link {
            Link::Pooled(connection, _) => connection.close().await,
            Link::Detached(connection) => connection.close().await,
            Link::Ended => Ok(()),
        }
    }

    /// Closes the connection without waiting for the server.
    pub(crate) async fn close_hard(self) -> Result<(), Error> {
        match self.link.detach() {
            Link::Detached(connection) => connection.close_hard().await,
            Link::Pooled(..) | Link::Ended => Ok(()),
        }
    }

    /// Returns the connection to its pool; one outside the pool is closed.
    pub(crate) fn return_to_pool(&mut self) -> impl Future<Output = ()> + Send + 'static + use<DB> {
        let mut link = self.take_link();
        let returned = match &mut link {
            Link::Pooled(connection, _) => Some(connection.return_to_pool()),
            Link::Detached(_) | Link::Ended => None,
        };
        async move {
            if let Some(returned) = returned {
                returned.await;
            }
            // Counts as checked out until it is back.
            drop(link);
        }
    }

    /// Returns the sqlx connection, which still belongs to its pool.
    pub(crate) fn into_pooled(self) -> Result<PoolConnection<DB>, Error> {
        match self.link {
            Link::Pooled(connection, _) => Ok(connection),
            Link::Detached(_) | Link::Ended => Err(io_errors::broken_pipe()),
        }
    }

    pub(crate) fn close_on_drop(&mut self) {
        if let Link::Pooled(connection, _) = &mut self.link {
            connection.close_on_drop();
        }
    }

    /// Removes the connection from its pool, which may open another one.
    pub(crate) fn detach(&mut self) {
        self.link = self.take_link().detach();
    }

    /// Removes the connection from its pool, which keeps one connection less for good.
    pub(crate) fn leak(&mut self) {
        self.link = match self.take_link() {
            Link::Pooled(connection, _) => Link::Detached(connection.leak()),
            link @ (Link::Detached(_) | Link::Ended) => link,
        };
    }

    fn take_link(&mut self) -> Link<DB> {
        std::mem::replace(&mut self.link, Link::Ended)
    }
}

impl<DB: Database> Link<DB> {
    fn detach(self) -> Self {
        match self {
            Self::Pooled(connection, _) => Self::Detached(connection.detach()),
            link @ (Self::Detached(_) | Self::Ended) => link,
        }
    }
}
