//! Real Redis and Postgres servers behind streams and relays, if the environment names them.

use std::error::Error;
use std::time::Duration;

use chaos_net::{ChaosManager, ChaosRelay, Fault, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_postgres::config::Host;
use tokio_postgres::{Config, NoTls};

use crate::fixtures::{MS, injected, radius, soon};

/// Reads the URL of a server from the environment, and reports a test that is skipped without it.
#[expect(clippy::print_stderr, reason = "a skipped test should report it")]
fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    if url.is_none() {
        eprintln!("skipped: {variable} is not set");
    }
    url
}

async fn ping(redis: &mut TcpStream) -> Duration {
    let begin = Instant::now();
    redis.write_all(b"*1\r\n$4\r\nPING\r\n").await.unwrap();
    let mut pong = [0; 7];
    soon(redis.read_exact(&mut pong)).await.unwrap();
    assert_eq!(&pong, b"+PONG\r\n");
    begin.elapsed()
}

#[tokio::test]
async fn redis_works_behind_a_relay() {
    let Some(url) = server("CHAOS_TEST_REDIS_URL") else {
        return;
    };
    let address = url.trim_start_matches("redis://").trim_end_matches('/');
    let chaos = ChaosManager::new();
    let relay = ChaosRelay::to(address).listen(&chaos, "db").await.unwrap();
    let mut redis = TcpStream::connect(relay.addr()).await.unwrap();
    ping(&mut redis).await;
    let slow = chaos
        .inject(radius("read"), Fault::latency(50 * MS))
        .unwrap();
    assert!(ping(&mut redis).await >= 50 * MS);
    assert_eq!(slow.injected(), 1);
    drop(slow);
    let _gone = chaos.inject(radius("write"), Fault::reset()).unwrap();
    redis.write_all(b"*1\r\n$4\r\nPING\r\n").await.unwrap();
    let error = soon(redis.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

fn tcp_address(config: &Config) -> (String, u16) {
    let Some(Host::Tcp(host)) = config.get_hosts().first() else {
        panic!("a host and a port");
    };
    (
        host.clone(),
        config.get_ports().first().copied().unwrap_or(5432),
    )
}

#[tokio::test]
async fn postgres_works_through_a_stream() {
    let Some(url) = server("CHAOS_TEST_POSTGRES_URL") else {
        return;
    };
    let config: Config = url.parse().unwrap();
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let stream = site
        .connect(TcpStream::connect(tcp_address(&config)))
        .await
        .unwrap();
    let (client, connection) = soon(config.connect_raw(stream, NoTls)).await.unwrap();
    let connection = tokio::spawn(connection);
    let seven = async || {
        let begin = Instant::now();
        let row = soon(client.query_one("SELECT 7", &[])).await?;
        assert_eq!(row.get::<_, i32>(0), 7);
        Ok::<_, tokio_postgres::Error>(begin.elapsed())
    };
    seven().await.unwrap();
    let slow = chaos
        .inject(radius("read"), Fault::latency(50 * MS))
        .unwrap();
    assert!(seven().await.unwrap() >= 100 * MS, "prepare, then execute");
    drop(slow);
    assert!(seven().await.is_ok());
    let gone = chaos.inject(radius("read"), Fault::reset()).unwrap();
    assert!(seven().await.unwrap_err().is_closed());
    assert_eq!(gone.injected(), 1);
    let broken = soon(connection).await.unwrap().unwrap_err();
    let cause = broken.source().and_then(|cause| cause.downcast_ref());
    assert_eq!(injected(cause.expect("an I/O error")).operation(), "read");
}

#[tokio::test]
async fn postgres_works_behind_a_relay() {
    let Some(url) = server("CHAOS_TEST_POSTGRES_URL") else {
        return;
    };
    let config: Config = url.parse().unwrap();
    let (host, port) = tcp_address(&config);
    let chaos = ChaosManager::new();
    let relay = ChaosRelay::to(format!("{host}:{port}"))
        .listen(&chaos, "db")
        .await
        .unwrap();
    let stream = TcpStream::connect(relay.addr()).await.unwrap();
    let (client, connection) = soon(config.connect_raw(stream, NoTls)).await.unwrap();
    tokio::spawn(connection);
    soon(client.simple_query("SELECT 7")).await.unwrap();
    let slow = chaos
        .inject(radius("write"), Fault::latency(50 * MS))
        .unwrap();
    let begin = Instant::now();
    soon(client.simple_query("SELECT 7")).await.unwrap();
    assert!(begin.elapsed() >= 50 * MS);
    drop(slow);
    let _gone = chaos.inject(radius("write"), Fault::reset()).unwrap();
    assert!(soon(client.simple_query("SELECT 7")).await.is_err());
}
