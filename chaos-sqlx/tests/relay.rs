//! Code that takes a sqlx pool gets broken connections from a relay; only its connect options change.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chaos_net::{BlastRadius, ChaosManager, ChaosRelay, Disconnect, Fault};
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Database, Error, Pool};

mod server_urls;

const MS: Duration = Duration::from_millis(1);

/// Application code without chaos types.
async fn query_postgres(pool: &PgPool) -> Result<i32, Error> {
    let seven = sqlx::query_scalar("SELECT 7").fetch_one(pool).await;
    wait_until_idle(pool).await;
    seven
}

/// Application code without chaos types.
async fn query_mysql(pool: &MySqlPool) -> Result<i32, Error> {
    let seven = sqlx::query_scalar("SELECT 7").fetch_one(pool).await;
    wait_until_idle(pool).await;
    seven
}

/// Waits until the pool has tested the returned connection, or closed it.
async fn wait_until_idle<DB: Database>(pool: &Pool<DB>) {
    while pool.size() as usize != pool.num_idle() {
        tokio::task::yield_now().await;
    }
}

/// Creates a pool of one connection that is not tested before use, so that the query is hit.
async fn postgres(options: PgConnectOptions) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.test_before_acquire(false);
    pool.connect_with(options).await.unwrap()
}

/// Creates a pool of one connection that is not tested before use, so that the query is hit.
async fn mysql(options: MySqlConnectOptions) -> MySqlPool {
    let pool = MySqlPoolOptions::new().max_connections(1);
    let pool = pool.test_before_acquire(false);
    pool.connect_with(options).await.unwrap()
}

fn radius(operation: &str) -> BlastRadius {
    BlastRadius::streams_to("orders-db").operation(operation)
}

/// A directory of this test, removed when dropped.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("chaos-sqlx-{}-{name}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a query with a delay, a reset and a cut, and without a fault after each.
async fn assert_faults(
    chaos: &ChaosManager,
    query: impl AsyncFn() -> Result<i32, Error>,
    resets: Resets,
) {
    assert_eq!(query().await.unwrap(), 7);

    let slow = chaos
        .inject(radius("read"), Fault::latency(50 * MS))
        .unwrap();
    let start = Instant::now();
    assert_eq!(query().await.unwrap(), 7);
    assert!(start.elapsed() >= 50 * MS);
    assert_eq!(slow.injected(), 1);
    drop(slow);

    let kind = match resets {
        Resets::Supported => ErrorKind::ConnectionReset,
        Resets::Unsupported => ErrorKind::UnexpectedEof,
    };
    let cut = Fault::disconnect(Disconnect::CutAfter(0));
    for (fault, kind) in [(Fault::reset(), kind), (cut, ErrorKind::UnexpectedEof)] {
        let hit = chaos.inject(radius("read"), fault).unwrap();
        let error = query().await.unwrap_err();
        assert!(
            matches!(&error, Error::Io(error) if error.kind() == kind),
            "{error:?}"
        );
        assert_eq!(hit.injected(), 1);
        drop(hit);
        assert_eq!(query().await.unwrap(), 7);
    }
}

/// Whether the socket supports resets; on a Unix socket, a reset is a close.
enum Resets {
    Supported,
    Unsupported,
}

#[tokio::test]
async fn a_postgres_pool_behind_a_relay_is_hit() {
    let Some(url) = server_urls::postgres() else {
        return;
    };
    let options: PgConnectOptions = url.parse().unwrap();
    let chaos = ChaosManager::new();
    let relay = ChaosRelay::to(format!("{}:{}", options.get_host(), options.get_port()))
        .listen(&chaos, "orders-db")
        .await
        .unwrap();
    let options = options.host("127.0.0.1").port(relay.addr().port());
    let pool = postgres(options).await;
    assert_faults(
        &chaos,
        async || query_postgres(&pool).await,
        Resets::Supported,
    )
    .await;
}

#[tokio::test]
async fn a_postgres_pool_behind_a_unix_socket_relay_is_hit() {
    let Some(url) = server_urls::postgres() else {
        return;
    };
    let options: PgConnectOptions = url.parse().unwrap();
    let directory = Directory::new("postgres");
    let chaos = ChaosManager::new();
    let port = options.get_port();
    let _relay = ChaosRelay::to(format!("{}:{port}", options.get_host()))
        .listen_unix(
            directory.0.join(format!(".s.PGSQL.{port}")),
            &chaos,
            "orders-db",
        )
        .await
        .unwrap();
    let pool = postgres(options.socket(&directory.0)).await;
    assert_faults(
        &chaos,
        async || query_postgres(&pool).await,
        Resets::Unsupported,
    )
    .await;
}

#[tokio::test]
async fn a_mysql_pool_behind_a_relay_is_hit() {
    let Some(url) = server_urls::mysql() else {
        return;
    };
    let options: MySqlConnectOptions = url.parse().unwrap();
    let chaos = ChaosManager::new();
    let relay = ChaosRelay::to(format!("{}:{}", options.get_host(), options.get_port()))
        .listen(&chaos, "orders-db")
        .await
        .unwrap();
    let options = options.host("127.0.0.1").port(relay.addr().port());
    let pool = mysql(options).await;
    assert_faults(&chaos, async || query_mysql(&pool).await, Resets::Supported).await;
}

#[tokio::test]
async fn a_mysql_pool_behind_a_unix_socket_relay_is_hit() {
    let Some(url) = server_urls::mysql() else {
        return;
    };
    let options: MySqlConnectOptions = url.parse().unwrap();
    let directory = Directory::new("mysql");
    let path = directory.0.join("mysql.sock");
    let chaos = ChaosManager::new();
    let _relay = ChaosRelay::to(format!("{}:{}", options.get_host(), options.get_port()))
        .listen_unix(&path, &chaos, "orders-db")
        .await
        .unwrap();
    let pool = mysql(options.socket(&path)).await;
    assert_faults(
        &chaos,
        async || query_mysql(&pool).await,
        Resets::Unsupported,
    )
    .await;
}
