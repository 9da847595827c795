//! Connections whose every query passes the decision.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Error, SqlSafeStr};

use crate::course::Course;
use crate::driver::{ChaosDatabase, InjectedError, Session, WITHOUT_ROWS};
use crate::lent::Lent;
use crate::place::Place;
use crate::sql::{OperationName, StatementInfo};
use crate::transaction::Seat;
use crate::{ChaosTransaction, Failure, io_errors};

/// A connection whose every query passes the decision.
///
/// It is what `&mut *connection` gives of a [`ChaosPoolConnection`], and `&mut *transaction` of a
/// [`ChaosTransaction`]: an `Executor`, as sqlx's own is.
pub struct ChaosConnection<DB: ChaosDatabase> {
    place: Arc<Place<DB>>,
    link: Link<DB>,
}

enum Link<DB: Database> {
    /// The connection first: it is on its way back before it is no longer counted.
    Pooled(
        PoolConnection<DB>,
        #[expect(dead_code, reason = "it counts until it is dropped")] Option<Lent>,
    ),
    Own(DB::Connection),
    /// A fault has ended it.
    Broken,
}

impl<DB: ChaosDatabase> ChaosConnection<DB> {
    pub(crate) fn new(place: Arc<Place<DB>>, connection: PoolConnection<DB>) -> Self {
        let lent = place.lend();
        Self {
            place,
            link: Link::Pooled(connection, lent),
        }
    }

    pub(crate) fn place(&self) -> &Place<DB> {
        &self.place
    }

    /// Begins a transaction, or sets a savepoint within one.
    ///
    /// # Errors
    ///
    /// As sqlx's, and whatever strikes `BEGIN`.
    pub async fn begin(&mut self) -> Result<ChaosTransaction<'_, DB>, Error> {
        ChaosTransaction::open(Seat::Borrowed(self), None).await
    }

    /// Begins a transaction with a statement of your own, such as `BEGIN IMMEDIATE`.
    ///
    /// # Errors
    ///
    /// As sqlx's, and whatever strikes `BEGIN`.
    pub async fn begin_with(
        &mut self,
        statement: impl SqlSafeStr,
    ) -> Result<ChaosTransaction<'_, DB>, Error> {
        ChaosTransaction::open(Seat::Borrowed(self), Some(statement.into_sql_str())).await
    }

    /// Whether a transaction is open, as sqlx sees it.
    #[must_use]
    pub fn is_in_transaction(&self) -> bool {
        match &self.link {
            Link::Pooled(connection, _) => connection.is_in_transaction(),
            Link::Own(connection) => connection.is_in_transaction(),
            Link::Broken => false,
        }
    }

    /// Asks whether the database is still there.
    ///
    /// # Errors
    ///
    /// When it is not, and whatever strikes `PING`.
    pub async fn ping(&mut self) -> Result<(), Error> {
        match Course::of(&self.place.site, WITHOUT_ROWS, || {
            OperationName::new("PING")
        }) {
            None => self.raw()?.ping().await,
            Some(course) => {
                let mut course = course.into_inner();
                let pinged = self.ping_under(&mut course).await;
                course.finish(&pinged);
                pinged
            }
        }
    }

    async fn ping_under(&mut self, course: &mut Course) -> Result<(), Error> {
        let locks = course.before(self).await?;
        let pinged = course.work(self.raw()?.ping()).await;
        locks.release().await;
        pinged?;
        course.after(self).await
    }

    /// The connection of sqlx, whose queries no fault strikes.
    ///
    /// # Errors
    ///
    /// When a fault has ended the connection.
    pub fn bypass(&mut self) -> Result<&mut DB::Connection, Error> {
        self.raw()
    }

    /// Closes the connection, and waits until it is.
    ///
    /// # Errors
    ///
    /// As sqlx's.
    pub async fn close(self) -> Result<(), Error> {
        match self.link {
            Link::Pooled(connection, _) => connection.close().await,
            Link::Own(connection) => connection.close().await,
            Link::Broken => Ok(()),
        }
    }

    #[inline]
    pub(crate) fn raw(&mut self) -> Result<&mut DB::Connection, Error> {
        match &mut self.link {
            Link::Pooled(connection, _) => Ok(connection),
            Link::Own(connection) => Ok(connection),
            Link::Broken => Err(io_errors::broken_pipe()),
        }
    }

    /// Fails as a fault wants it, and leaves of the connection what is left of it then.
    pub(crate) async fn fail(&mut self, failure: Failure, about: StatementInfo<'_>) -> Error {
        let raw = match self.raw() {
            Ok(raw) => raw,
            Err(gone) => return gone,
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
            // Boxed, as all that seldom runs and is large: every query that is spared would carry it along.
            failure => Box::pin(DB::fail(raw, failure, &about)).await,
        };
        if session == Session::Ended {
            self.sever();
        }
        error
    }

    /// The connection of sqlx, still one of its pool.
    pub(crate) fn into_pooled(self) -> Result<PoolConnection<DB>, Error> {
        match self.link {
            Link::Pooled(connection, _) => Ok(connection),
            Link::Own(_) | Link::Broken => Err(io_errors::broken_pipe()),
        }
    }

    /// Ends the connection without a word, so that the server sees it go.
    fn sever(&mut self) {
        drop(self.take().own());
    }

    fn take(&mut self) -> Link<DB> {
        std::mem::replace(&mut self.link, Link::Broken)
    }
}

impl<DB: Database> Link<DB> {
    /// Takes it out of its pool, which may open another in its place.
    fn own(self) -> Self {
        match self {
            Self::Pooled(connection, _) => Self::Own(connection.detach()),
            link => link,
        }
    }
}

impl<DB: ChaosDatabase> fmt::Debug for ChaosConnection<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosConnection")
            .field("database", &self.place.site.service())
            .field("is_broken", &matches!(self.link, Link::Broken))
            .finish_non_exhaustive()
    }
}

/// A connection of a [`ChaosPool`](crate::ChaosPool), to which it returns when it is dropped.
#[derive(Debug)]
pub struct ChaosPoolConnection<DB: ChaosDatabase>(ChaosConnection<DB>);

impl<DB: ChaosDatabase> ChaosPoolConnection<DB> {
    pub(crate) fn new(connection: ChaosConnection<DB>) -> Self {
        Self(connection)
    }

    pub(crate) fn into_inner(self) -> ChaosConnection<DB> {
        self.0
    }

    /// Closes the connection; its place in the pool is free once it is.
    ///
    /// # Errors
    ///
    /// As sqlx's.
    pub async fn close(self) -> Result<(), Error> {
        self.0.close().await
    }

    /// Has the connection closed when it is dropped, instead of returned to the pool.
    pub fn close_on_drop(&mut self) {
        if let Link::Pooled(connection, _) = &mut self.0.link {
            connection.close_on_drop();
        }
    }

    /// Takes the connection out of the pool, which may open another in its place.
    #[must_use]
    pub fn detach(mut self) -> ChaosConnection<DB> {
        self.0.link = self.0.take().own();
        self.0
    }

    /// Takes the connection out of the pool, which keeps its place empty for good.
    #[must_use]
    pub fn leak(mut self) -> ChaosConnection<DB> {
        self.0.link = match self.0.take() {
            Link::Pooled(connection, _) => Link::Own(connection.leak()),
            link => link,
        };
        self.0
    }
}

impl<DB: ChaosDatabase> Deref for ChaosPoolConnection<DB> {
    type Target = ChaosConnection<DB>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<DB: ChaosDatabase> DerefMut for ChaosPoolConnection<DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
