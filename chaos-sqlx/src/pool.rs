//! `ChaosPool`: a pool whose queries can fail.

use std::fmt;
use std::sync::Arc;

use chaos_core::{ChaosManager, SiteKind};
use sqlx::pool::{CloseEvent, PoolOptions};
use sqlx::{Connection, Error, Pool, SqlSafeStr, SqlStr};

use crate::driver::ChaosDatabase;
use crate::transaction::TransactionConnection;
use crate::wrapped::{WrappedConnection, WrappedPool};
use crate::{ChaosPoolConnection, ChaosTransaction};

/// A sqlx pool with faults injected; used like the sqlx pool.
///
/// Cloning is cheap, and all clones share one pool. While no experiment affects the database, each query is the
/// sqlx pool's own query after one relaxed load.
pub struct ChaosPool<DB: ChaosDatabase>(Arc<WrappedPool<DB>>);

impl<DB: ChaosDatabase> ChaosPool<DB> {
    /// Wraps a sqlx pool; `database` is its name in blast radii.
    #[must_use]
    pub fn new(pool: Pool<DB>, chaos: &ChaosManager, database: &str) -> Self {
        let site = chaos.register(SiteKind::Database, database, DB::SUPPORT);
        Self(Arc::new(WrappedPool::new(pool, site)))
    }

    pub(crate) fn wrapped(&self) -> &Arc<WrappedPool<DB>> {
        &self.0
    }

    /// Acquires a connection.
    ///
    /// # Errors
    ///
    /// Those of the sqlx pool; every fault of `acquire` is reported as [`Error::PoolTimedOut`].
    pub fn acquire(
        &self,
    ) -> impl Future<Output = Result<ChaosPoolConnection<DB>, Error>> + Send + 'static {
        let pool = Arc::clone(&self.0);
        async move {
            let connection = pool.acquire().await?;
            Ok(ChaosPoolConnection::new(WrappedConnection::new(
                pool, connection,
            )))
        }
    }

    /// Acquires a connection if one is idle and no fault of `acquire` applies.
    #[must_use]
    pub fn try_acquire(&self) -> Option<ChaosPoolConnection<DB>> {
        let connection = self.0.try_acquire()?;
        let connection = WrappedConnection::new(Arc::clone(&self.0), connection);
        Some(ChaosPoolConnection::new(connection))
    }

    /// Acquires a connection and begins a transaction on it.
    ///
    /// # Errors
    ///
    /// Those of the sqlx pool, and the faults of `acquire` and `BEGIN`.
    pub async fn begin(&self) -> Result<ChaosTransaction<'static, DB>, Error> {
        self.begin_by(None).await
    }

    /// Acquires a connection and begins a transaction with a custom statement, such as `BEGIN IMMEDIATE`.
    ///
    /// # Errors
    ///
    /// Those of the sqlx pool, and the faults of `acquire` and `BEGIN`.
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
        let connection = TransactionConnection::Owned(self.acquire().await?.into_inner());
        ChaosTransaction::begin_on(connection, statement).await
    }

    /// Begins a transaction if a connection is idle and no fault of `acquire` applies.
    ///
    /// # Errors
    ///
    /// Those of the sqlx pool, and the faults of `BEGIN`.
    pub async fn try_begin(&self) -> Result<Option<ChaosTransaction<'static, DB>>, Error> {
        self.try_begin_by(None).await
    }

    /// Begins a transaction with a custom statement if a connection is idle and no fault of `acquire` applies.
    ///
    /// # Errors
    ///
    /// Those of the sqlx pool, and the faults of `BEGIN`.
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
        let connection = TransactionConnection::Owned(connection.into_inner());
        ChaosTransaction::begin_on(connection, statement)
            .await
            .map(Some)
    }

    /// Closes the pool, and waits until all connections are closed.
    pub fn close(&self) -> impl Future<Output = ()> + '_ {
        self.0.pool.close()
    }

    /// Whether the pool is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.pool.is_closed()
    }

    /// Returns a future that resolves when the pool is closed.
    #[must_use]
    pub fn close_event(&self) -> CloseEvent {
        self.0.pool.close_event()
    }

    /// Returns the number of connections, including those in use and those held by a fault.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.0.pool.size()
    }

    /// Returns the number of idle connections.
    #[must_use]
    pub fn num_idle(&self) -> usize {
        self.0.pool.num_idle()
    }

    /// Returns the options of new connections.
    #[must_use]
    pub fn connect_options(&self) -> Arc<<DB::Connection as Connection>::Options> {
        self.0.pool.connect_options()
    }

    /// Replaces the options of new connections.
    pub fn set_connect_options(&self, options: <DB::Connection as Connection>::Options) {
        self.0.pool.set_connect_options(options);
    }

    /// Returns the options of the pool.
    #[must_use]
    pub fn options(&self) -> &PoolOptions<DB> {
        self.0.pool.options()
    }

    /// Returns the sqlx pool; faults never affect its queries.
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
