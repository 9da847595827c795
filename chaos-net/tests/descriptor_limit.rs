//! A relay without free file descriptors. In its own process, because the limit is process-wide.
#![cfg(target_os = "linux")]

use std::net::SocketAddr;
use std::time::Duration;

use chaos_net::{ChaosManager, ChaosRelay};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

const PATIENCE: Duration = Duration::from_secs(20);

/// Prevents the process from opening descriptors while the work runs.
async fn without_free_descriptors<F: Future>(work: F) -> F::Output {
    let limit = getrlimit(Resource::Nofile);
    let none = Rlimit {
        current: Some(0),
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, none).unwrap();
    let done = work.await;
    setrlimit(Resource::Nofile, limit).unwrap();
    done
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

async fn one_echo(server: TcpListener) {
    let (mut client, _) = server.accept().await.unwrap();
    let byte = client.read_u8().await.unwrap();
    client.write_u8(byte).await.unwrap();
}

#[tokio::test]
async fn accepting_continues_once_descriptors_are_free_and_does_not_spin_before() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relay = ChaosRelay::to(server.local_addr().unwrap())
        .listen(&ChaosManager::new(), "db")
        .await
        .unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    let address: SocketAddr = relay.addr();
    let before = cpu_time();
    let mut client = without_free_descriptors(async {
        let client = socket.connect(address).await.unwrap();
        // Long enough to distinguish spinning from waiting.
        tokio::time::sleep(Duration::from_millis(600)).await;
        client
    })
    .await;
    let busy = cpu_time() - before;
    assert!(busy < Duration::from_millis(200), "{busy:?}");
    assert_eq!(relay.connections(), 0);
    let talk = async {
        client.write_u8(7).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), 7);
    };
    let both = async { tokio::join!(talk, one_echo(server)) };
    tokio::time::timeout(PATIENCE, both)
        .await
        .expect("accepting continues");
}
