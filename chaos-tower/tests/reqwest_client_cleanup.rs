//! A dropped client of `reqwest::client` leaves neither sockets nor tasks behind.
//!
//! In its own process, because it counts file descriptors.
#![cfg(target_os = "linux")]

use std::future::pending;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chaos_tower::{BlastRadius, ChaosManager, Failure, Fault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const CONNECTIONS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(10);

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// A server that never closes a connection, on another runtime, so that its tasks are not counted.
async fn server() -> (SocketAddr, Runtime) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let listener = runtime.spawn(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.await.unwrap().unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut room = [0; 1024];
                while let Ok(1..) = stream.read(&mut room).await {
                    let _ = stream.write_all(OK).await;
                }
                pending::<()>().await;
            });
        }
    });
    (address, runtime)
}

async fn wait_until_at_most(before: usize, count: fn() -> usize) {
    let start = Instant::now();
    while count() > before {
        assert!(start.elapsed() < PATIENCE, "{} > {before}", count());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_dropped_client_leaves_nothing_behind() {
    let chaos = ChaosManager::new();
    let before = (tasks(), descriptors());
    let (address, runtime) = server().await;
    let url = format!("http://{address}/");

    let builder = reqwest::Client::builder().no_proxy();
    let client = chaos_tower::reqwest::client(&chaos, "payments", builder).unwrap();
    let calls: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(client.get(&url).send()))
        .collect();
    for call in calls {
        call.await.unwrap().unwrap().bytes().await.unwrap();
    }
    // One connect is refused, and one is cancelled.
    let connect = || BlastRadius::streams_to("payments").operation("connect");
    let elsewhere = format!("http://localhost:{}/", address.port());
    let refused = chaos
        .inject(connect(), Fault::error(Failure::Refused))
        .unwrap();
    assert!(client.get(&elsewhere).send().await.is_err());
    drop(refused);
    let slow = chaos
        .inject(connect(), Fault::latency(Duration::from_secs(60)))
        .unwrap();
    let cancelled = tokio::spawn(client.get(&elsewhere).send());
    slow.wait_for(1).await.unwrap();
    cancelled.abort();
    assert!(cancelled.await.unwrap_err().is_cancelled());
    drop(slow);

    assert!(tasks() > before.0);
    drop(client);
    wait_until_at_most(before.0, tasks).await;
    runtime.shutdown_background();
    wait_until_at_most(before.1, descriptors).await;
}
