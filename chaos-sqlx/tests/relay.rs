//! Code that is typed on sqlx's own pools gets faults of its connections from a relay; only the connect options change.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chaos_net::{BlastRadius, ChaosManager, ChaosRelay, Disconnect, Fault};
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Database, Error, Pool};

mod servers;

const MS: Duration = Duration::from_millis(1);

/// Code that knows nothing of us.
async fn postgres_answers(pool: &PgPool) -> Result<i32, Error> {
    let seven = sqlx::query_scalar("SELECT 7").fetch_one(pool).await;
    is_idle(pool).await;
    seven
}

/// Code that knows nothing of us.
async fn mysql_answers(pool: &MySqlPool) -> Result<i32, Error> {
    let seven = sqlx::query_scalar("SELECT 7").fetch_one(pool).await;
    is_idle(pool).await;
    seven
}

/// Waits until the pool has its connection back, which it looks at first, or has given it up.
async fn is_idle<DB: Database>(pool: &Pool<DB>) {
    while pool.size() as usize != pool.num_idle() {
        tokio::task::yield_now().await;
    }
}

/// One connection, which is not tried before it is used, so that it is the query that is hit.
async fn postgres(options: PgConnectOptions) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.test_before_acquire(false);
    pool.connect_with(options).await.unwrap()
}

/// One connection, which is not tried before it is used, so that it is the query that is hit.
async fn mysql(options: MySqlConnectOptions) -> MySqlPool {
    let pool = MySqlPoolOptions::new().max_connections(1);
    let pool = pool.test_before_acquire(false);
    pool.connect_with(options).await.unwrap()
}

fn radius(operation: &str) -> BlastRadius {
    BlastRadius::streams_to("orders-db").operation(operation)
}

/// A directory of this process and this test alone.
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

/// Slow, reset and cut off, and well again after each.
async fn suffers(
    chaos: &ChaosManager,
    answers: impl AsyncFn() -> Result<i32, Error>,
    resets: Resets,
) {
    assert_eq!(answers().await.unwrap(), 7);

    let slow = chaos
        .inject(radius("read"), Fault::latency(50 * MS))
        .unwrap();
    let start = Instant::now();
    assert_eq!(answers().await.unwrap(), 7);
    assert!(start.elapsed() >= 50 * MS);
    assert_eq!(slow.injected(), 1);
    drop(slow);

    let kind = match resets {
        Resets::AreSeen => ErrorKind::ConnectionReset,
        Resets::AreTheEnd => ErrorKind::UnexpectedEof,
    };
    let cut = Fault::disconnect(Disconnect::CutAfter(0));
    for (fault, kind) in [(Fault::reset(), kind), (cut, ErrorKind::UnexpectedEof)] {
        let hit = chaos.inject(radius("read"), fault).unwrap();
        let error = answers().await.unwrap_err();
        assert!(
            matches!(&error, Error::Io(error) if error.kind() == kind),
            "{error:?}"
        );
        assert_eq!(hit.injected(), 1);
        drop(hit);
        assert_eq!(answers().await.unwrap(), 7);
    }
}

/// What comes of a reset, which Unix sockets don't know.
enum Resets {
    AreSeen,
    AreTheEnd,
}

#[tokio::test]
async fn a_pool_of_postgres_behind_a_relay() {
    let Some(url) = servers::postgres() else {
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
    suffers(
        &chaos,
        async || postgres_answers(&pool).await,
        Resets::AreSeen,
    )
    .await;
}

#[tokio::test]
async fn a_pool_of_postgres_behind_a_relay_on_a_unix_socket() {
    let Some(url) = servers::postgres() else {
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
    suffers(
        &chaos,
        async || postgres_answers(&pool).await,
        Resets::AreTheEnd,
    )
    .await;
}

#[tokio::test]
async fn a_pool_of_mysql_behind_a_relay() {
    let Some(url) = servers::mysql() else { return };
    let options: MySqlConnectOptions = url.parse().unwrap();
    let chaos = ChaosManager::new();
    let relay = ChaosRelay::to(format!("{}:{}", options.get_host(), options.get_port()))
        .listen(&chaos, "orders-db")
        .await
        .unwrap();
    let options = options.host("127.0.0.1").port(relay.addr().port());
    let pool = mysql(options).await;
    suffers(&chaos, async || mysql_answers(&pool).await, Resets::AreSeen).await;
}

#[tokio::test]
async fn a_pool_of_mysql_behind_a_relay_on_a_unix_socket() {
    let Some(url) = servers::mysql() else { return };
    let options: MySqlConnectOptions = url.parse().unwrap();
    let directory = Directory::new("mysql");
    let path = directory.0.join("mysql.sock");
    let chaos = ChaosManager::new();
    let _relay = ChaosRelay::to(format!("{}:{}", options.get_host(), options.get_port()))
        .listen_unix(&path, &chaos, "orders-db")
        .await
        .unwrap();
    let pool = mysql(options.socket(&path)).await;
    suffers(
        &chaos,
        async || mysql_answers(&pool).await,
        Resets::AreTheEnd,
    )
    .await;
}
