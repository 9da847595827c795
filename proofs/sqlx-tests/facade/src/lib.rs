//! sqlx with the pools and the connections of chaos-sqlx in place of its own.

use std::sync::LazyLock;
use std::time::Duration;

use chaos_sqlx::{BlastRadius, ChaosDatabase, ChaosManager, Experiment, Fault};
pub use chaos_sqlx::{
    ChaosConnection, ChaosPool, ChaosPool as Pool, ChaosPoolConnection,
    ChaosTransaction as Transaction,
};
pub use real::*;

/// The manager of all pools; with `EACH_OPERATION_DELAYED` set, a latency of 1 µs strikes each operation.
static CHAOS: LazyLock<ChaosManager> = LazyLock::new(|| {
    let chaos = ChaosManager::new();
    if std::env::var_os("EACH_OPERATION_DELAYED").is_some() {
        let delayed = Experiment::new("each operation is delayed")
            .fault(Fault::latency(Duration::from_micros(1)))
            .blast_radius(BlastRadius::queries_on("tests"))
            .time_limit(Duration::from_secs(3600));
        chaos
            .start(delayed)
            .expect("the experiment starts")
            .detach();
    }
    chaos
});

pub fn wrap<DB: ChaosDatabase>(pool: real::Pool<DB>) -> ChaosPool<DB> {
    ChaosPool::new(pool, &CHAOS, "tests")
}

type OptionsOf<DB> = <<DB as Database>::Connection as real::Connection>::Options;

async fn connect<DB: ChaosDatabase>(options: OptionsOf<DB>) -> Result<ChaosConnection<DB>> {
    // Connected first, because a pool would retry for half a minute what can't succeed.
    real::Connection::close(<DB::Connection as real::Connection>::connect_with(&options).await?)
        .await?;
    let pool = real::pool::PoolOptions::<DB>::new()
        .max_connections(1)
        .connect_lazy_with(options);
    Ok(wrap(pool).acquire().await?.detach())
}

/// sqlx's trait, for the connections of chaos-sqlx, which have its other methods themselves.
#[allow(async_fn_in_trait)]
pub trait Connection: Sized {
    type Options: Clone;
    async fn connect(url: &str) -> Result<Self>;
    async fn connect_with(options: &Self::Options) -> Result<Self>;
}

impl<DB: ChaosDatabase> Connection for ChaosConnection<DB>
where
    OptionsOf<DB>: Clone,
{
    type Options = OptionsOf<DB>;

    async fn connect(url: &str) -> Result<Self> {
        connect(url.parse()?).await
    }

    async fn connect_with(options: &Self::Options) -> Result<Self> {
        connect(options.clone()).await
    }
}

/// sqlx's trait, whose `connect` returns a connection of chaos-sqlx.
#[allow(async_fn_in_trait)]
pub trait ConnectOptions: real::ConnectOptions {
    type Chaos;
    fn from_url(url: &url::Url) -> Result<Self> {
        <Self as real::ConnectOptions>::from_url(url)
    }
    fn log_statements(self, level: log::LevelFilter) -> Self {
        <Self as real::ConnectOptions>::log_statements(self, level)
    }
    async fn connect(&self) -> Result<Self::Chaos>;
}

/// sqlx's options of pools, which connect pools of chaos-sqlx.
pub struct PoolOptions<DB: Database>(real::pool::PoolOptions<DB>);

impl<DB: ChaosDatabase> PoolOptions<DB> {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(real::pool::PoolOptions::new())
    }

    /// Changes sqlx's own options.
    pub fn with(
        self,
        change: impl FnOnce(real::pool::PoolOptions<DB>) -> real::pool::PoolOptions<DB>,
    ) -> Self {
        Self(change(self.0))
    }

    pub fn max_connections(self, max: u32) -> Self {
        self.with(|options| options.max_connections(max))
    }

    pub fn min_connections(self, min: u32) -> Self {
        self.with(|options| options.min_connections(min))
    }

    pub fn test_before_acquire(self, test: bool) -> Self {
        self.with(|options| options.test_before_acquire(test))
    }

    pub fn acquire_timeout(self, timeout: Duration) -> Self {
        self.with(|options| options.acquire_timeout(timeout))
    }

    pub fn idle_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.with(|options| options.idle_timeout(timeout))
    }

    pub fn max_lifetime(self, lifetime: impl Into<Option<Duration>>) -> Self {
        self.with(|options| options.max_lifetime(lifetime))
    }

    pub async fn connect(self, url: &str) -> Result<ChaosPool<DB>> {
        Ok(wrap(self.0.connect(url).await?))
    }

    pub async fn connect_with(self, options: OptionsOf<DB>) -> Result<ChaosPool<DB>> {
        Ok(wrap(self.0.connect_with(options).await?))
    }

    pub fn connect_lazy(self, url: &str) -> Result<ChaosPool<DB>> {
        Ok(wrap(self.0.connect_lazy(url)?))
    }

    pub fn connect_lazy_with(self, options: OptionsOf<DB>) -> ChaosPool<DB> {
        wrap(self.0.connect_lazy_with(options))
    }
}

pub mod pool {
    pub use real::pool::*;

    pub use crate::{ChaosPool as Pool, ChaosPoolConnection as PoolConnection, PoolOptions};
}

/// Replaces the names of one database.
macro_rules! database {
    ($module:ident, $database:ident, $connection:ident, $pool:ident, $options:ident, $pool_options:ident) => {
        pub type $connection = ChaosConnection<real::$database>;
        pub type $pool = ChaosPool<real::$database>;

        pub mod $module {
            pub use real::$module::*;

            pub use crate::{$connection, $pool};
            pub type $pool_options = crate::PoolOptions<real::$database>;
        }

        impl ConnectOptions for real::$module::$options {
            type Chaos = $connection;

            async fn connect(&self) -> Result<$connection> {
                connect(self.clone()).await
            }
        }
    };
}

#[cfg(feature = "sqlite")]
database!(
    sqlite,
    Sqlite,
    SqliteConnection,
    SqlitePool,
    SqliteConnectOptions,
    SqlitePoolOptions
);
#[cfg(feature = "postgres")]
database!(
    postgres,
    Postgres,
    PgConnection,
    PgPool,
    PgConnectOptions,
    PgPoolOptions
);
#[cfg(feature = "mysql")]
database!(
    mysql,
    MySql,
    MySqlConnection,
    MySqlPool,
    MySqlConnectOptions,
    MySqlPoolOptions
);

/// sqlx's own pools, which `#[sqlx::test]` passes.
pub mod real_pools {
    #[cfg(feature = "mysql")]
    pub use real::MySqlPool;
    #[cfg(feature = "postgres")]
    pub use real::PgPool;
    pub use real::Pool;
    #[cfg(feature = "sqlite")]
    pub use real::SqlitePool;
}

pub mod prelude {
    pub use real::{
        Acquire, Decode, Encode, Executor, FromRow, IntoArguments, Row, Statement, Type,
    };

    pub use crate::{ConnectOptions, Connection};
}
