//! Every way in which a connection breaks, as either side sees it, over real TCP.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use chaos_net::{ChaosManager, ChaosStream, Disconnect, Failure, Fault, Socket, StreamSite};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex, split,
};
use tokio::net::TcpStream;

use crate::asking::{injected, noise, radius, soon, start, tcp};

type Stream = ChaosStream<TcpStream>;

async fn read_fails(stream: &mut Stream, kind: ErrorKind) {
    for _ in 0..2 {
        let error = soon(stream.read_u8()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        injected(&error);
    }
}

async fn write_fails(stream: &mut Stream, kind: ErrorKind) {
    for _ in 0..2 {
        let error = soon(stream.write_all(b"lost")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        injected(&error);
    }
}

async fn reads_the_end(stream: &mut Stream) {
    for _ in 0..2 {
        assert_eq!(soon(stream.read(&mut [0; 8])).await.unwrap(), 0);
    }
}

async fn goes_to_the_peer(stream: &mut Stream, peer: &mut TcpStream) {
    soon(stream.write_all(b"there")).await.unwrap();
    let mut bytes = [0; 5];
    soon(peer.read_exact(&mut bytes)).await.unwrap();
    assert_eq!(&bytes, b"there");
}

async fn comes_from_the_peer(stream: &mut Stream, peer: &mut TcpStream) {
    peer.write_all(b"here").await.unwrap();
    let mut bytes = [0; 4];
    soon(stream.read_exact(&mut bytes)).await.unwrap();
    assert_eq!(&bytes, b"here");
}

/// What the peer gets until its reads end, and how they end.
async fn peer_gets(peer: &mut TcpStream) -> (Vec<u8>, Option<ErrorKind>) {
    let mut bytes = Vec::new();
    let end = soon(peer.read_to_end(&mut bytes)).await;
    (bytes, end.err().map(|error| error.kind()))
}

#[tokio::test]
async fn a_reset_while_reading_breaks_both_directions_and_resets_the_peer() {
    let (_chaos, site, guard) = start("read", Fault::disconnect(Disconnect::ResetAfter(10_000)));
    let (mut stream, mut peer) = tcp(&site).await;
    let sent = noise(20_000, 1);
    peer.write_all(&sent).await.unwrap();
    let mut got = vec![0; 10_000];
    soon(stream.read_exact(&mut got)).await.unwrap();
    assert_eq!(got, sent[..10_000]);
    assert_eq!(guard.injected(), 0);
    read_fails(&mut stream, ErrorKind::ConnectionReset).await;
    write_fails(&mut stream, ErrorKind::ConnectionReset).await;
    assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
    #[cfg(not(target_os = "linux"))]
    drop(stream);
    // On Linux at once: the stream is still there.
    assert_eq!(
        peer_gets(&mut peer).await,
        (vec![], Some(ErrorKind::ConnectionReset))
    );
}

#[tokio::test]
async fn a_reset_while_writing_breaks_both_directions_and_resets_the_peer() {
    let (_chaos, site, _guard) = start("write", Fault::disconnect(Disconnect::ResetAfter(10_000)));
    let (mut stream, mut peer) = tcp(&site).await;
    let sent = noise(20_000, 1);
    let error = soon(stream.write_all(&sent)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    read_fails(&mut stream, ErrorKind::ConnectionReset).await;
    assert!(stream.shutdown().await.is_ok());
    drop(stream);
    assert_eq!(
        peer_gets(&mut peer).await,
        (sent[..10_000].to_vec(), Some(ErrorKind::ConnectionReset))
    );
}

/// The socket wakes those who went to wait before there was an experiment.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_reset_wakes_who_has_long_waited_for_the_socket() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let (stream, _peer) = tcp(&site).await;
    let (mut reader, mut writer) = split(stream);
    let reads = tokio::spawn(async move { reader.read_u8().await });
    tokio::task::yield_now().await;
    let _guard = chaos.inject(radius("write"), Fault::reset()).unwrap();
    assert!(writer.write_all(b"x").await.is_err());
    let error = soon(reads).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

/// In memory no socket wakes anybody.
#[tokio::test]
async fn a_break_wakes_who_waits_in_the_other_direction() {
    for (fault, reads_then) in [
        (Fault::reset(), Some(ErrorKind::ConnectionReset)),
        (Fault::disconnect(Disconnect::CutAfter(0)), None),
    ] {
        let (_chaos, site, _guard) = start("write", fault.clone());
        let (near, _far) = duplex(8);
        let (mut reader, mut writer) = split(site.wrap(near));
        let reads = tokio::spawn(async move { reader.read(&mut [0]).await });
        tokio::task::yield_now().await;
        assert!(writer.write_all(b"x").await.is_err());
        let read = soon(reads).await.unwrap();
        assert_eq!(read.err().map(|error| error.kind()), reads_then);

        let (_chaos, site, _guard) = start("read", fault);
        let (near, mut far) = duplex(8);
        let (mut reader, mut writer) = split(site.wrap(near));
        let writes = tokio::spawn(async move { writer.write_all(&[0; 9]).await });
        tokio::task::yield_now().await;
        far.write_all(b"x").await.unwrap();
        assert_eq!(reader.read(&mut [0]).await.is_err(), reads_then.is_some());
        let error = soon(writes).await.unwrap().unwrap_err();
        let kind = reads_then.unwrap_or(ErrorKind::BrokenPipe);
        assert_eq!(error.kind(), kind);
    }
}

/// Counts how often it is shut down.
struct Counting(DuplexStream, Arc<AtomicUsize>);

impl AsyncRead for Counting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl Socket for Counting {}

#[tokio::test]
async fn what_was_reset_is_not_shut_down_and_what_was_cut_is_once() {
    for (fault, times) in [
        (Fault::reset(), 0),
        (Fault::disconnect(Disconnect::CutAfter(0)), 1),
    ] {
        let (_chaos, site, _guard) = start("write", fault);
        let shutdowns = Arc::new(AtomicUsize::new(0));
        let mut stream = site.wrap(Counting(duplex(8).0, Arc::clone(&shutdowns)));
        for _ in 0..3 {
            assert!(stream.write_all(b"x").await.is_err());
            assert!(stream.flush().await.is_ok());
        }
        stream.shutdown().await.unwrap();
        assert_eq!(shutdowns.load(Ordering::Relaxed), times);
    }
}

#[tokio::test]
async fn a_cut_ends_both_directions_in_good_order() {
    for operation in ["read", "write"] {
        let (_chaos, site, guard) = start(operation, Fault::disconnect(Disconnect::CutAfter(5)));
        let (mut stream, mut peer) = tcp(&site).await;
        match operation {
            "read" => {
                peer.write_all(b"here it ends").await.unwrap();
                let mut bytes = Vec::new();
                soon(stream.read_to_end(&mut bytes)).await.unwrap();
                assert_eq!(bytes, b"here ");
            }
            _ => {
                let error = soon(stream.write_all(b"there it ends")).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::BrokenPipe);
            }
        }
        reads_the_end(&mut stream).await;
        write_fails(&mut stream, ErrorKind::BrokenPipe).await;
        let there: &[u8] = if operation == "read" { b"" } else { b"there" };
        assert_eq!(peer_gets(&mut peer).await, (there.to_vec(), None));
        assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
    }
}

#[tokio::test]
async fn a_half_close_of_reading_leaves_writing() {
    let (_chaos, site, _guard) = start("read", Fault::disconnect(Disconnect::HalfClose));
    let (mut stream, mut peer) = tcp(&site).await;
    peer.write_all(b"lost").await.unwrap();
    reads_the_end(&mut stream).await;
    goes_to_the_peer(&mut stream, &mut peer).await;
}

#[tokio::test]
async fn a_half_close_of_writing_leaves_reading() {
    let (_chaos, site, _guard) = start("write", Fault::disconnect(Disconnect::HalfClose));
    let (mut stream, mut peer) = tcp(&site).await;
    write_fails(&mut stream, ErrorKind::BrokenPipe).await;
    assert_eq!(peer_gets(&mut peer).await, (vec![], None));
    comes_from_the_peer(&mut stream, &mut peer).await;
}

#[tokio::test]
async fn an_error_stays_in_its_direction_and_stays() {
    let (_chaos, site, guard) = start("read", Fault::error(Failure::TimedOut));
    let (mut stream, mut peer) = tcp(&site).await;
    peer.write_all(b"lost").await.unwrap();
    read_fails(&mut stream, ErrorKind::TimedOut).await;
    goes_to_the_peer(&mut stream, &mut peer).await;
    drop(guard);
    read_fails(&mut stream, ErrorKind::TimedOut).await;

    let (_chaos, site, _guard) = start("write", Fault::error(Failure::DiskFull));
    let (mut stream, mut peer) = tcp(&site).await;
    write_fails(&mut stream, ErrorKind::StorageFull).await;
    comes_from_the_peer(&mut stream, &mut peer).await;
}

#[tokio::test]
async fn real_ends_pass_through_either_way() {
    let (_chaos, site, _guard) = start("*", Fault::latency(crate::asking::MS));
    let (mut stream, mut peer) = tcp(&site).await;
    peer.write_all(b"last words").await.unwrap();
    peer.shutdown().await.unwrap();
    let mut bytes = Vec::new();
    soon(stream.read_to_end(&mut bytes)).await.unwrap();
    assert_eq!(bytes, b"last words");
    goes_to_the_peer(&mut stream, &mut peer).await;
    stream.shutdown().await.unwrap();
    assert_eq!(peer_gets(&mut peer).await, (vec![], None));

    let (mut stream, peer) = tcp(&site).await;
    peer.set_zero_linger().unwrap();
    drop(peer);
    let error = soon(stream.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(error.get_ref().is_none(), "nobody injected that");
}
