//! A pool whose queries pass the decision.

use std::fmt;
use std::sync::Arc;

use chaos_core::{ChaosManager, SiteKind};
use sqlx::pool::{CloseEvent, PoolOptions};
use sqlx::{Connection, Error, Pool, SqlSafeStr, SqlStr};

use crate::driver::ChaosDatabase;
use crate::holding::Holders;
use crate::lent::Lending;
use crate::place::Place;
use crate::transaction::Seat;
use crate::{ChaosConnection, ChaosPoolConnection, ChaosTransaction};

/// A pool of sqlx whose queries pass the decision, and which is used as the pool is.
///
/// Cloned cheaply; all clones are one pool. While nothing concerns the database, each query is the pool's own query
/// after one relaxed load.
pub struct ChaosPool<DB: ChaosDatabase>(Arc<Place<DB>>);

impl<DB: ChaosDatabase> ChaosPool<DB> {
    /// Puts a pool under the faults of `database`, which is what a blast radius calls it.
    #[must_use]
    pub fn new(pool: Pool<DB>, chaos: &ChaosManager, database: &str) -> Self {
        Self(Arc::new(Place {
            pool,
            site: chaos.register(SiteKind::Database, database, DB::SUPPORT),
            holders: Holders::default(),
            lending: Lending::default(),
        }))
    }

    pub(crate) fn place(&self) -> &Arc<Place<DB>> {
        &self.0
    }

    /// Takes a connection from the pool.
    ///
    /// # Errors
    ///
    /// As the pool's; [`Error::PoolTimedOut`], too, for whatever strikes `acquire`.
    pub fn acquire(
        &self,
    ) -> impl Future<Output = Result<ChaosPoolConnection<DB>, Error>> + Send + 'static {
        let place = Arc::clone(&self.0);
        async move {
            let connection = place.acquire().await?;
            Ok(ChaosPoolConnection::new(ChaosConnection::new(
                place, connection,
            )))
        }
    }

    /// Takes a connection from the pool, if one is idle and nothing strikes `acquire`.
    #[must_use]
    pub fn try_acquire(&self) -> Option<ChaosPoolConnection<DB>> {
        let connection = ChaosConnection::new(Arc::clone(&self.0), self.0.try_acquire()?);
        Some(ChaosPoolConnection::new(connection))
    }

    /// Takes a connection and begins a transaction on it.
    ///
    /// # Errors
    ///
    /// As the pool's, and whatever strikes `acquire` or `BEGIN`.
    pub async fn begin(&self) -> Result<ChaosTransaction<'static, DB>, Error> {
        self.begin_by(None).await
    }

    /// Takes a connection and begins a transaction with a statement of your own, such as `BEGIN IMMEDIATE`.
    ///
    /// # Errors
    ///
    /// As the pool's, and whatever strikes `acquire` or `BEGIN`.
    pub async fn begin_with(
        &self,
        statement: impl SqlSafeStr,
    ) -> Result<ChaosTransaction<'static, DB>, Error> {
        self.begin_by(Some(statement.into_sql_str())).await
    }

    async fn begin_by(
        &self,
        statement: Option<SqlStr>,
    ) -> Result<ChaosTransaction<'static, DB>, Error> {
        let connection = self.acquire().await?.into_inner();
        ChaosTransaction::open(Seat::Owned(connection), statement).await
    }

    /// Begins a transaction, if a connection is idle and nothing strikes `acquire`.
    ///
    /// # Errors
    ///
    /// As the pool's, and whatever strikes `BEGIN`.
    pub async fn try_begin(&self) -> Result<Option<ChaosTransaction<'static, DB>>, Error> {
        self.try_begin_by(None).await
    }

    /// Begins a transaction with a statement of your own, if a connection is idle and nothing strikes `acquire`.
    ///
    /// # Errors
    ///
    /// As the pool's, and whatever strikes `BEGIN`.
    pub async fn try_begin_with(
        &self,
        statement: impl SqlSafeStr,
    ) -> Result<Option<ChaosTransaction<'static, DB>>, Error> {
        self.try_begin_by(Some(statement.into_sql_str())).await
    }

    async fn try_begin_by(
        &self,
        statement: Option<SqlStr>,
    ) -> Result<Option<ChaosTransaction<'static, DB>>, Error> {
        let Some(connection) = self.try_acquire() else {
            return Ok(None);
        };
        let seat = Seat::Owned(connection.into_inner());
        ChaosTransaction::open(seat, statement).await.map(Some)
    }

    /// Closes the pool, and waits until all its connections are.
    pub fn close(&self) -> impl Future<Output = ()> + '_ {
        self.0.pool.close()
    }

    /// Whether it has been closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.pool.is_closed()
    }

    /// A future that is over once the pool is closed.
    #[must_use]
    pub fn close_event(&self) -> CloseEvent {
        self.0.pool.close_event()
    }

    /// How many connections it has, those included that are in use or held by a fault.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.0.pool.size()
    }

    /// How many connections nobody uses.
    #[must_use]
    pub fn num_idle(&self) -> usize {
        self.0.pool.num_idle()
    }

    /// How new connections are made.
    #[must_use]
    pub fn connect_options(&self) -> Arc<<DB::Connection as Connection>::Options> {
        self.0.pool.connect_options()
    }

    /// Has new connections made in another way.
    pub fn set_connect_options(&self, options: <DB::Connection as Connection>::Options) {
        self.0.pool.set_connect_options(options);
    }

    /// The options that the pool was made with.
    #[must_use]
    pub fn options(&self) -> &PoolOptions<DB> {
        self.0.pool.options()
    }

    /// The pool of sqlx, whose queries no fault strikes.
    #[must_use]
    pub fn bypass(&self) -> &Pool<DB> {
        &self.0.pool
    }
}

impl<DB: ChaosDatabase> Clone for ChaosPool<DB> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<DB: ChaosDatabase> fmt::Debug for ChaosPool<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosPool")
            .field("database", &self.0.site.service())
            .field("pool", &self.0.pool)
            .finish_non_exhaustive()
    }
}
