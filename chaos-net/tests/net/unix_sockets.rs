//! Unix sockets on either side of a relay, and in a stream.

use std::path::PathBuf;

use chaos_net::{ChaosManager, ChaosRelay, Disconnect, Fault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};

use crate::fixtures::{radius, soon, start, until};
use crate::relay::echo;

/// Returns a path that is unique to this process and test.
fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("chaos-net-{}-{name}", std::process::id()))
}

#[tokio::test]
async fn a_relay_listens_on_a_unix_socket_and_removes_it() {
    let (address, _echo) = echo().await;
    let path = path("listens");
    let relay = ChaosRelay::to(address)
        .listen_unix(&path, &ChaosManager::new(), "db")
        .await
        .unwrap();
    assert_eq!(relay.path(), path);
    let mut client = UnixStream::connect(&path).await.unwrap();
    client.write_u8(7).await.unwrap();
    assert_eq!(soon(client.read_u8()).await.unwrap(), 7);
    assert_eq!(relay.connections(), 1);
    drop(relay);
    assert!(!path.exists());
    assert!(soon(client.read_u8()).await.is_err());
}

#[tokio::test]
async fn a_relay_connects_to_a_unix_socket() {
    let path = path("upstream");
    let server = UnixListener::bind(&path).unwrap();
    let chaos = ChaosManager::new();
    let relay = ChaosRelay::to_unix(&path)
        .listen(&chaos, "db")
        .await
        .unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(relay.addr()), server.accept());
    let (mut client, mut server) = (client.unwrap(), server.unwrap().0);
    std::fs::remove_file(&path).unwrap();
    server.write_all(b"hello").await.unwrap();
    server.shutdown().await.unwrap();
    let mut bytes = Vec::new();
    soon(client.read_to_end(&mut bytes)).await.unwrap();
    assert_eq!(bytes, b"hello");
    let _cut = chaos
        .inject(radius("write"), Fault::disconnect(Disconnect::CutAfter(2)))
        .unwrap();
    client.write_all(b"abc").await.unwrap();
    let mut bytes = Vec::new();
    soon(server.read_to_end(&mut bytes)).await.unwrap();
    assert_eq!(bytes, b"ab");
    until("the connection is closed", || relay.connections() == 0).await;
}

#[tokio::test]
async fn an_existing_path_is_refused_and_kept() {
    let path = path("taken");
    std::fs::write(&path, b"mine").unwrap();
    let taken = ChaosRelay::to("127.0.0.1:1")
        .listen_unix(&path, &ChaosManager::new(), "db")
        .await;
    assert_eq!(taken.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn the_peer_of_a_reset_unix_socket_sees_the_end() {
    let (_chaos, site, _guard) = start("write", Fault::reset());
    let (near, mut far) = UnixStream::pair().unwrap();
    let mut stream = site.wrap(near);
    let error = stream.write_all(b"x").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    drop(stream);
    assert_eq!(soon(far.read(&mut [0])).await.unwrap(), 0);
}
