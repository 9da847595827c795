//! Faults of a relay, as its clients and its upstream see them.

use std::io::ErrorKind;

use chaos_net::{ChaosManager, ChaosRelay, Disconnect, Failure, Fault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::fixtures::{MS, radius, soon, until};
use crate::relay::relay_to_echo;

/// A client and a server, with a relay in between, and one fault.
struct RelayedPair {
    client: TcpStream,
    server: TcpStream,
    relay: ChaosRelay,
    guard: chaos_net::ExperimentGuard,
    _chaos: ChaosManager,
}

async fn relayed_pair(operation: &str, fault: Fault) -> RelayedPair {
    let chaos = ChaosManager::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relay = ChaosRelay::to(listener.local_addr().unwrap())
        .listen(&chaos, "db")
        .await
        .unwrap();
    let guard = chaos.inject(radius(operation), fault).unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(relay.addr()), listener.accept());
    RelayedPair {
        client: client.unwrap(),
        server: server.unwrap().0,
        relay,
        guard,
        _chaos: chaos,
    }
}

/// Reads to the end, and returns the bytes and the error that ended them.
async fn read(from: &mut TcpStream) -> (Vec<u8>, Option<ErrorKind>) {
    let mut bytes = Vec::new();
    let end = soon(from.read_to_end(&mut bytes)).await;
    (bytes, end.err().map(|error| error.kind()))
}

#[tokio::test]
async fn a_reset_resets_both_sides() {
    for operation in ["read", "write"] {
        let mut pair = relayed_pair(operation, Fault::disconnect(Disconnect::ResetAfter(5))).await;
        let (from, to) = match operation {
            "read" => (&mut pair.server, &mut pair.client),
            _ => (&mut pair.client, &mut pair.server),
        };
        from.write_all(b"1234").await.unwrap();
        let mut bytes = [0; 4];
        soon(to.read_exact(&mut bytes)).await.unwrap();
        assert_eq!((&bytes, pair.guard.injected()), (b"1234", 0));
        from.write_all(b"5").await.unwrap();
        // The reset comes with the fifth byte, and no other: an idle connection feels it. That byte may be lost.
        assert_eq!(read(to).await.1, Some(ErrorKind::ConnectionReset));
        assert_eq!(read(from).await, (vec![], Some(ErrorKind::ConnectionReset)));
        until("the connection is closed", || pair.relay.connections() == 0).await;
        assert_eq!((pair.guard.injected(), pair.guard.in_flight()), (1, 0));
    }
}

#[tokio::test]
async fn a_cut_ends_both_sides_in_an_orderly_way() {
    for operation in ["read", "write"] {
        let mut pair = relayed_pair(operation, Fault::disconnect(Disconnect::CutAfter(4))).await;
        let (from, to) = match operation {
            "read" => (&mut pair.server, &mut pair.client),
            _ => (&mut pair.client, &mut pair.server),
        };
        from.write_all(b"12345").await.unwrap();
        assert_eq!(read(to).await, (b"1234".to_vec(), None));
        assert_eq!(read(from).await, (vec![], None));
        until("the connection is closed", || pair.relay.connections() == 0).await;
    }
}

#[tokio::test]
async fn a_half_close_does_not_affect_the_other_direction() {
    for operation in ["read", "write"] {
        let mut pair = relayed_pair(operation, Fault::disconnect(Disconnect::HalfClose)).await;
        let (from, to) = match operation {
            "read" => (&mut pair.server, &mut pair.client),
            _ => (&mut pair.client, &mut pair.server),
        };
        from.write_all(b"lost").await.unwrap();
        assert_eq!(read(to).await, (vec![], None));
        // More than all buffers in between can hold.
        soon(from.write_all(&vec![7; 30_000_000])).await.unwrap();
        to.write_all(b"goes on").await.unwrap();
        let mut bytes = [0; 7];
        soon(from.read_exact(&mut bytes)).await.unwrap();
        assert_eq!(&bytes, b"goes on");
        to.shutdown().await.unwrap();
        assert_eq!(read(from).await, (vec![], None));
        from.shutdown().await.unwrap();
        until("the connection is closed", || pair.relay.connections() == 0).await;
    }
}

#[tokio::test]
async fn a_refused_connect_is_a_reset_right_after_the_handshake() {
    let chaos = ChaosManager::new();
    let relay = relay_to_echo(&chaos).await;
    let refused = Fault::error(Failure::Refused);
    let guard = chaos.inject(radius("connect"), refused).unwrap();
    let mut client = TcpStream::connect(relay.addr()).await.unwrap();
    assert_eq!(
        read(&mut client).await,
        (vec![], Some(ErrorKind::ConnectionReset))
    );
    assert_eq!(guard.injected(), 1);
    drop(guard);
    let mut client = TcpStream::connect(relay.addr()).await.unwrap();
    client.write_u8(1).await.unwrap();
    assert_eq!(soon(client.read_u8()).await.unwrap(), 1);
}

#[tokio::test]
async fn latency_adds_up_over_both_directions() {
    let chaos = ChaosManager::new();
    let relay = relay_to_echo(&chaos).await;
    let mut client = TcpStream::connect(relay.addr()).await.unwrap();
    client.write_u8(0).await.unwrap();
    soon(client.read_u8()).await.unwrap();
    let guard = chaos.inject(radius("*"), Fault::latency(20 * MS)).unwrap();
    let begin = Instant::now();
    client.write_u8(1).await.unwrap();
    soon(client.read_u8()).await.unwrap();
    assert!(begin.elapsed() >= 40 * MS);
    assert_eq!(guard.injected(), 1);
}

#[tokio::test]
async fn a_halt_releases_a_stalled_relay() {
    let chaos = ChaosManager::new();
    let relay = relay_to_echo(&chaos).await;
    let stall = Fault::disconnect(Disconnect::Stall);
    for operation in ["connect", "write", "read"] {
        let guard = chaos.inject(radius(operation), stall.clone()).unwrap();
        let mut client = TcpStream::connect(relay.addr()).await.unwrap();
        client.write_u8(1).await.unwrap();
        soon(guard.wait_for(1)).await.unwrap();
        chaos.halt();
        assert_eq!(soon(client.read_u8()).await.unwrap(), 1, "{operation}");
        chaos.resume();
    }
}
