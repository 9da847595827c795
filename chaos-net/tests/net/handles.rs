//! Handles of connections that somebody else owns.

use std::io::ErrorKind;

use chaos_net::{ChaosManager, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::asking::{soon, tcp};

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
    // A server that closes in good order does not spoil it.
    stream.shutdown().await.unwrap();
    drop(stream);
    let error = soon(peer.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn without_its_word_the_connection_just_ends() {
    let site = StreamSite::new(&ChaosManager::new(), "db");
    let (stream, mut peer) = tcp(&site).await;
    let _handle = stream.handle();
    drop(stream);
    let error = soon(peer.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}
