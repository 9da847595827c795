//! Every way in which a connection breaks, as both sides see it, over real TCP.

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

use crate::fixtures::{injected, noise, radius, soon, start, tcp};

type Stream = ChaosStream<TcpStream>;

async fn assert_read_fails(stream: &mut Stream, kind: ErrorKind) {
    for _ in 0..2 {
        let error = soon(stream.read_u8()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        injected(&error);
    }
}

async fn assert_write_fails(stream: &mut Stream, kind: ErrorKind) {
    for _ in 0..2 {
        let error = soon(stream.write_all(b"lost")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        injected(&error);
    }
}

async fn assert_read_ends(stream: &mut Stream) {
    for _ in 0..2 {
        assert_eq!(soon(stream.read(&mut [0; 8])).await.unwrap(), 0);
    }
}

async fn assert_peer_receives(stream: &mut Stream, peer: &mut TcpStream) {
    soon(stream.write_all(b"there")).await.unwrap();
    soon(stream.flush()).await.unwrap();
    let mut bytes = [0; 5];
    soon(peer.read_exact(&mut bytes)).await.unwrap();
    assert_eq!(&bytes, b"there");
}

async fn assert_peer_sends(stream: &mut Stream, peer: &mut TcpStream) {
    peer.write_all(b"here").await.unwrap();
    let mut bytes = [0; 4];
    soon(stream.read_exact(&mut bytes)).await.unwrap();
    assert_eq!(&bytes, b"here");
}

/// Returns the bytes that the peer reads, and the error that ends its reads.
async fn read_by_peer(peer: &mut TcpStream) -> (Vec<u8>, Option<ErrorKind>) {
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
    assert_read_fails(&mut stream, ErrorKind::ConnectionReset).await;
    assert_write_fails(&mut stream, ErrorKind::ConnectionReset).await;
    assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
    #[cfg(not(target_os = "linux"))]
    drop(stream);
    // On Linux the reset is immediate: the stream is still open.
    assert_eq!(
        read_by_peer(&mut peer).await,
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
    assert_read_fails(&mut stream, ErrorKind::ConnectionReset).await;
    assert!(stream.shutdown().await.is_ok());
    drop(stream);
    assert_eq!(
        read_by_peer(&mut peer).await,
        (sent[..10_000].to_vec(), Some(ErrorKind::ConnectionReset))
    );
}

/// The socket itself wakes tasks that were waiting before the experiment started.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_reset_wakes_a_task_that_waited_before_the_experiment() {
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

/// A stream in memory has no socket to wake tasks.
#[tokio::test]
async fn a_break_wakes_the_task_that_waits_in_the_other_direction() {
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

/// Counts its shutdowns.
struct CountingShutdowns(DuplexStream, Arc<AtomicUsize>);

impl AsyncRead for CountingShutdowns {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for CountingShutdowns {
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

impl Socket for CountingShutdowns {}

#[tokio::test]
async fn a_reset_causes_no_shutdown_and_a_cut_causes_one() {
    for (fault, times) in [
        (Fault::reset(), 0),
        (Fault::disconnect(Disconnect::CutAfter(0)), 1),
    ] {
        let (_chaos, site, _guard) = start("write", fault);
        let shutdowns = Arc::new(AtomicUsize::new(0));
        let mut stream = site.wrap(CountingShutdowns(duplex(8).0, Arc::clone(&shutdowns)));
        for _ in 0..3 {
            assert!(stream.write_all(b"x").await.is_err());
            assert!(stream.flush().await.is_ok());
        }
        stream.shutdown().await.unwrap();
        assert_eq!(shutdowns.load(Ordering::Relaxed), times);
    }
}

#[tokio::test]
async fn a_cut_ends_both_directions_in_an_orderly_way() {
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
        assert_read_ends(&mut stream).await;
        assert_write_fails(&mut stream, ErrorKind::BrokenPipe).await;
        let there: &[u8] = if operation == "read" { b"" } else { b"there" };
        assert_eq!(read_by_peer(&mut peer).await, (there.to_vec(), None));
        assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
    }
}

#[tokio::test]
async fn a_half_close_of_reading_does_not_affect_writing() {
    let (_chaos, site, _guard) = start("read", Fault::disconnect(Disconnect::HalfClose));
    let (mut stream, mut peer) = tcp(&site).await;
    peer.write_all(b"lost").await.unwrap();
    assert_read_ends(&mut stream).await;
    assert_peer_receives(&mut stream, &mut peer).await;
}

#[tokio::test]
async fn a_half_close_of_writing_does_not_affect_reading() {
    let (_chaos, site, _guard) = start("write", Fault::disconnect(Disconnect::HalfClose));
    let (mut stream, mut peer) = tcp(&site).await;
    assert_write_fails(&mut stream, ErrorKind::BrokenPipe).await;
    assert_eq!(read_by_peer(&mut peer).await, (vec![], None));
    assert_peer_sends(&mut stream, &mut peer).await;
}

#[tokio::test]
async fn an_error_is_permanent_and_affects_only_its_direction() {
    let (_chaos, site, guard) = start("read", Fault::error(Failure::TimedOut));
    let (mut stream, mut peer) = tcp(&site).await;
    peer.write_all(b"lost").await.unwrap();
    assert_read_fails(&mut stream, ErrorKind::TimedOut).await;
    assert_peer_receives(&mut stream, &mut peer).await;
    drop(guard);
    assert_read_fails(&mut stream, ErrorKind::TimedOut).await;

    let (_chaos, site, _guard) = start("write", Fault::error(Failure::DiskFull));
    let (mut stream, mut peer) = tcp(&site).await;
    assert_write_fails(&mut stream, ErrorKind::StorageFull).await;
    assert_peer_sends(&mut stream, &mut peer).await;
}

#[tokio::test]
async fn real_ends_pass_in_both_directions() {
    let (_chaos, site, _guard) = start("*", Fault::latency(crate::fixtures::MS));
    let (mut stream, mut peer) = tcp(&site).await;
    peer.write_all(b"last words").await.unwrap();
    peer.shutdown().await.unwrap();
    let mut bytes = Vec::new();
    soon(stream.read_to_end(&mut bytes)).await.unwrap();
    assert_eq!(bytes, b"last words");
    stream.write_all(b"there").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(read_by_peer(&mut peer).await, (b"there".to_vec(), None));

    let (mut stream, peer) = tcp(&site).await;
    peer.set_zero_linger().unwrap();
    drop(peer);
    let error = soon(stream.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(
        error.get_ref().is_none(),
        "a real error contains no injected fault"
    );
}
