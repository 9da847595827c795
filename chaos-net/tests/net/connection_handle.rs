//! Handles of connections whose stream belongs to other code.

use std::io::ErrorKind;

use chaos_net::{ChaosManager, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fixtures::{soon, tcp};

#[tokio::test]
async fn a_handle_resets_the_connection_once_its_stream_is_dropped() {
    let site = StreamSite::new(&ChaosManager::new(), "db");
    let (mut stream, mut peer) = tcp(&site).await;
    let handle = stream.handle();
    std::thread::spawn(move || handle.reset_on_close())
        .join()
        .unwrap();
    stream.write_all(b"x").await.unwrap();
    assert_eq!(soon(peer.read_u8()).await.unwrap(), b'x');
    // An orderly shutdown does not prevent the reset.
    stream.shutdown().await.unwrap();
    drop(stream);
    let error = soon(peer.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn an_unused_handle_changes_nothing() {
    let site = StreamSite::new(&ChaosManager::new(), "db");
    let (stream, mut peer) = tcp(&site).await;
    let _handle = stream.handle();
    drop(stream);
    let error = soon(peer.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}
