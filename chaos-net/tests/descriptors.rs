//! A relay that runs out of descriptors; in a process of its own, for it takes those of everybody.
#![cfg(target_os = "linux")]

use std::net::SocketAddr;
use std::time::Duration;

use chaos_net::{ChaosManager, ChaosRelay};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

const PATIENCE: Duration = Duration::from_secs(20);

/// Lets no more descriptors be opened than there are, while the work lasts.
async fn with_no_more_descriptors<F: Future>(work: F) -> F::Output {
    let usual = getrlimit(Resource::Nofile);
    let none = Rlimit {
        current: Some(0),
        maximum: usual.maximum,
    };
    setrlimit(Resource::Nofile, none).unwrap();
    let done = work.await;
    setrlimit(Resource::Nofile, usual).unwrap();
    done
}

fn time_of_this_process() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

async fn one_echo(server: TcpListener) {
    let (mut client, _) = server.accept().await.unwrap();
    let byte = client.read_u8().await.unwrap();
    client.write_u8(byte).await.unwrap();
}

#[tokio::test]
async fn it_goes_on_once_there_are_some_and_does_not_spin_until_then() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relay = ChaosRelay::to(server.local_addr().unwrap())
        .listen(&ChaosManager::new(), "db")
        .await
        .unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    let address: SocketAddr = relay.addr();
    let before = time_of_this_process();
    let mut client = with_no_more_descriptors(async {
        let client = socket.connect(address).await.unwrap();
        // Long enough to tell a spin from a wait.
        tokio::time::sleep(Duration::from_millis(600)).await;
        client
    })
    .await;
    let busy = time_of_this_process() - before;
    assert!(busy < Duration::from_millis(200), "{busy:?}");
    assert_eq!(relay.connections(), 0);
    let talk = async {
        client.write_u8(7).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), 7);
    };
    let both = async { tokio::join!(talk, one_echo(server)) };
    tokio::time::timeout(PATIENCE, both)
        .await
        .expect("it goes on");
}
