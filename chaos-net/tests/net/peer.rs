//! Streams at the other end of a connection, where the client has a plain socket.

use std::io::ErrorKind;
use std::time::Duration;

use chaos_net::{Disconnect, Failure, Fault, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::fixtures::{SECOND, plain_tcp, soon, start};

#[tokio::test]
async fn any_error_of_the_client_is_a_reset() {
    for operation in ["read", "write"] {
        for fault in [Fault::error(Failure::Unavailable), Fault::reset()] {
            let (_chaos, site, guard) = start(operation, fault);
            let (mut client, far) = plain_tcp().await;
            let mut far = site.wrap(far).into_peer();
            if operation == "read" {
                soon(far.write_all(b"x")).await.unwrap_err();
            } else {
                client.write_all(b"x").await.unwrap();
                soon(far.read_u8()).await.unwrap_err();
            }
            let error = soon(client.read_u8()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{operation}");
            assert_eq!(guard.injected(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn operations_are_those_of_the_client() {
    for (operation, sent, received) in [("write", SECOND, SECOND), ("read", Duration::ZERO, SECOND)]
    {
        let (_chaos, site, _guard) = start(operation, Fault::latency(SECOND));
        let (mut client, far) = tokio::io::duplex(64);
        let mut far = site.wrap(far).into_peer();
        let begin = Instant::now();
        client.write_all(b"x").await.unwrap();
        far.read_u8().await.unwrap();
        assert_eq!(begin.elapsed(), sent, "{operation}");
        far.write_all(b"x").await.unwrap();
        far.shutdown().await.unwrap();
        client.read_u8().await.unwrap();
        assert_eq!(begin.elapsed(), received, "{operation}");
    }
}

#[tokio::test]
async fn a_connect_and_the_bytes_of_its_other_end_share_a_draw() {
    let (chaos, _, _guard) = start("connect", Fault::latency(SECOND));
    let site = StreamSite::new(&chaos, "cache");
    let (mut client, far) = plain_tcp().await;
    let cut = Fault::disconnect(Disconnect::CutAfter(1));
    let radius = chaos_net::BlastRadius::streams_to("cache").operation("*");
    let guard = chaos.inject(radius, cut).unwrap();
    let mut far = site.connect(async { Ok(far) }).await.unwrap().into_peer();
    soon(far.write_all(b"xy")).await.unwrap_err();
    assert_eq!(soon(client.read_u8()).await.unwrap(), b'x');
    soon(client.read_u8()).await.unwrap_err();
    assert_eq!(guard.injected(), 1);
}
