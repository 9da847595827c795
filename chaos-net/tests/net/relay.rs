//! Relays in front of an echo server.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use chaos_core::Event;
use chaos_net::{ChaosManager, ChaosRelay, Fault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::fixtures::{MS, noise, radius, soon, until};

/// Starts an echo server.
pub(crate) async fn echo() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut reads, mut writes) = client.split();
                let _ = tokio::io::copy(&mut reads, &mut writes).await;
                let _ = writes.shutdown().await;
            });
        }
    });
    (address, task)
}

pub(crate) async fn relay_to_echo(chaos: &ChaosManager) -> ChaosRelay {
    let (address, _echo) = echo().await;
    ChaosRelay::to(address).listen(chaos, "db").await.unwrap()
}

#[tokio::test]
async fn all_bytes_and_the_end_are_relayed() {
    let relay = relay_to_echo(&ChaosManager::new()).await;
    let mut client = TcpStream::connect(relay.addr()).await.unwrap();
    let sent = noise(3_000_000, 9);
    let (mut reads, mut writes) = client.split();
    let write = async {
        writes.write_all(&sent).await.unwrap();
        // The other direction stays open.
        writes.shutdown().await.unwrap();
    };
    let mut got = Vec::new();
    let (read, ()) = soon(async { tokio::join!(reads.read_to_end(&mut got), write) }).await;
    read.unwrap();
    assert!(got == sent);
    until("the connection is closed", || relay.connections() == 0).await;
}

#[tokio::test]
async fn many_clients_are_relayed_at_once() {
    let relay = relay_to_echo(&ChaosManager::new()).await;
    let mut clients = Vec::new();
    for n in 0..50 {
        let mut client = TcpStream::connect(relay.addr()).await.unwrap();
        client.write_u8(n).await.unwrap();
        assert_eq!(soon(client.read_u8()).await.unwrap(), n);
        clients.push(client);
    }
    assert_eq!(relay.connections(), 50);
    drop(clients);
    until("all connections are closed", || relay.connections() == 0).await;
}

#[tokio::test]
async fn a_connection_is_named_by_its_first_bytes() {
    let chaos = ChaosManager::new();
    let (address, _echo) = echo().await;
    let key = |first: &[u8]| {
        first
            .strip_prefix(b"id ")
            .map(|id| String::from_utf8_lossy(id).into())
    };
    let relay = ChaosRelay::to(address).keyed_by(key);
    let relay = relay.listen(&chaos, "db").await.unwrap();
    let _slow = chaos.inject(radius("*"), Fault::latency(MS)).unwrap();
    for sent in [b"id 7", b"none"] {
        let mut client = TcpStream::connect(relay.addr()).await.unwrap();
        client.write_all(sent).await.unwrap();
        let mut echoed = [0; 4];
        soon(client.read_exact(&mut echoed)).await.unwrap();
        assert_eq!(&echoed, sent);
    }
    let journal = chaos.journal();
    let keys = journal.iter().filter_map(|entry| match &entry.event {
        Event::Injected(injected) => injected.key.as_deref(),
        _ => None,
    });
    let keys: BTreeSet<_> = keys.collect();
    assert_eq!(keys, BTreeSet::from(["7", "connection 1"]));
}

#[tokio::test]
async fn an_unreachable_upstream_resets_the_client() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = unused.local_addr().unwrap();
    drop(unused);
    let relay = ChaosRelay::to(address)
        .listen(&ChaosManager::new(), "db")
        .await
        .unwrap();
    let mut client = TcpStream::connect(relay.addr()).await.unwrap();
    let error = soon(client.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_real_reset_is_relayed() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relay = ChaosRelay::to(server.local_addr().unwrap())
        .listen(&ChaosManager::new(), "db")
        .await
        .unwrap();
    for goes in ["upstream", "client"] {
        let (client, upstream) = tokio::join!(TcpStream::connect(relay.addr()), server.accept());
        let (client, upstream) = (client.unwrap(), upstream.unwrap().0);
        let (goes, mut stays) = match goes {
            "client" => (client, upstream),
            _ => (upstream, client),
        };
        goes.set_zero_linger().unwrap();
        drop(goes);
        let error = soon(stays.read_u8()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

#[tokio::test]
async fn a_dropped_relay_leaves_nothing_behind() {
    let (address, echo) = echo().await;
    let before = Handle::current().metrics().num_alive_tasks();
    let relay = ChaosRelay::to(&address)
        .listen(&ChaosManager::new(), "db")
        .await
        .unwrap();
    let at = relay.addr();
    let mut client = TcpStream::connect(at).await.unwrap();
    client.write_u8(1).await.unwrap();
    assert_eq!(soon(client.read_u8()).await.unwrap(), 1);
    drop(relay);
    // The port is free immediately.
    TcpListener::bind(at).await.unwrap();
    // Its connections close as soon as the runtime drops the task.
    let end = soon(client.read_u8()).await.unwrap_err();
    assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
    until("no task is left", || {
        Handle::current().metrics().num_alive_tasks() == before
    })
    .await;
    echo.abort();
}

#[test]
fn a_relay_may_be_dropped_outside_its_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let relay = runtime.block_on(relay_to_echo(&ChaosManager::new()));
    let at = relay.addr();
    drop(relay);
    std::net::TcpListener::bind(at).unwrap();
}
