//! A flush waits for no latency while a task reads, and what it leaves behind still arrives in time.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use chaos_net::{ChaosManager, Disconnect, Experiment, Fault, Socket, StreamSite};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream, DuplexStream, ReadBuf, duplex,
};
use tokio::time::{Instant, sleep};

use crate::fixtures::{MS, SECOND, radius, start};

const LATENCY: Duration = Duration::from_millis(100);

/// Polls a read that has to wait, as the task of a connection does that reads and writes.
async fn wait_to_read(stream: &mut (impl AsyncRead + Unpin)) {
    poll_fn(|cx| {
        let mut byte = [0];
        let mut buf = ReadBuf::new(&mut byte);
        assert!(Pin::new(&mut *stream).poll_read(cx, &mut buf).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ten_flushed_writes_pay_one_latency() {
    for waits in ["read", "shutdown"] {
        let (_chaos, site, guard) = start("write", Fault::latency(LATENCY));
        let (near, mut far) = duplex(4096);
        let mut stream = site.wrap(near);
        wait_to_read(&mut stream).await;
        let begin = Instant::now();
        for n in 0..10 {
            stream.write_all(&[n; 100]).await.unwrap();
            stream.flush().await.unwrap();
        }
        assert_eq!(begin.elapsed(), Duration::ZERO);
        let receive = async {
            let mut bytes = [0; 1000];
            far.read_exact(&mut bytes).await.unwrap();
            assert_eq!(begin.elapsed(), LATENCY, "{waits}");
            far.write_all(b"!").await.unwrap();
            assert!(bytes.chunks(100).eq((0..10).map(|n| [n; 100])));
        };
        let wait = async {
            match waits {
                "read" => assert_eq!(stream.read_u8().await.unwrap(), b'!'),
                _ => stream.shutdown().await.unwrap(),
            }
        };
        tokio::join!(receive, wait);
        assert_eq!((begin.elapsed(), guard.injected()), (LATENCY, 1));
    }
}

/// A socket whose bytes leave only when it is flushed.
struct Buffered(BufStream<DuplexStream>);

impl AsyncRead for Buffered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Buffered {
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
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl Socket for Buffered {}

#[tokio::test(start_paused = true)]
async fn a_buffering_socket_is_flushed_when_the_bytes_are_due() {
    // The second request does not fit into the socket at once.
    for (size, ends_first) in [(1, false), (100, false), (100, true)] {
        let (_chaos, site, guard) = start("write", Fault::latency(SECOND));
        let (near, mut far) = duplex(64);
        let mut stream = site.wrap(Buffered(BufStream::new(near)));
        wait_to_read(&mut stream).await;
        let begin = Instant::now();
        stream.write_all(&vec![b'?'; size]).await.unwrap();
        stream.flush().await.unwrap();
        let due = if ends_first { Duration::ZERO } else { SECOND };
        let guard = (!ends_first).then_some(guard);
        let answer = async {
            far.read_exact(&mut vec![0; size]).await.unwrap();
            assert_eq!(begin.elapsed(), due);
            far.write_all(b"!").await.unwrap();
        };
        let (read, ()) = tokio::join!(stream.read_u8(), answer);
        assert_eq!(read.unwrap(), b'!');
        drop(guard);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_flushes_what_was_flushed() {
    let (_chaos, site, _guard) = start("write", Fault::latency(SECOND));
    let (near, mut far) = duplex(64);
    let mut stream = site.wrap(Buffered(BufStream::new(near)));
    wait_to_read(&mut stream).await;
    stream.write_all(b"last words").await.unwrap();
    stream.flush().await.unwrap();
    drop(stream);
    let mut bytes = Vec::new();
    far.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(bytes, b"last words");
}

/// As tasks do that poll a connection whenever they are woken.
#[tokio::test(start_paused = true)]
async fn the_task_that_flushed_is_woken_when_bytes_are_due() {
    let (_chaos, site, _guard) = start("write", Fault::latency(SECOND));
    let (near, mut far) = duplex(4);
    let mut stream = site.wrap(near);
    let begin = Instant::now();
    stream.write_all(b"12345678").await.unwrap();
    let flushes = tokio::spawn(poll_fn(move |cx| {
        let _ = Pin::new(&mut stream).poll_flush(cx);
        Poll::<()>::Pending
    }));
    let mut bytes = [0; 8];
    far.read_exact(&mut bytes).await.unwrap();
    assert_eq!((&bytes, begin.elapsed()), (b"12345678", SECOND));
    flushes.abort();
}

#[tokio::test(start_paused = true)]
async fn a_flush_waits_until_the_socket_takes_what_is_due() {
    let (_chaos, site, _guard) = start("write", Fault::latency(SECOND));
    let (near, mut far) = duplex(4);
    let mut stream = site.wrap(near);
    stream.write_all(b"12345678").await.unwrap();
    sleep(SECOND).await;
    let begin = Instant::now();
    let receive = async {
        sleep(SECOND).await;
        far.read_exact(&mut [0; 8]).await.unwrap();
    };
    let (flushed, ()) = tokio::join!(stream.flush(), receive);
    flushed.unwrap();
    assert_eq!(begin.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_flush_without_a_reader_delivers_what_it_flushed() {
    let (_chaos, site, _guard) = start("write", Fault::latency(SECOND));
    let (near, mut far) = duplex(64);
    let mut stream = site.wrap(near);
    let begin = Instant::now();
    stream.write_all(b"?").await.unwrap();
    stream.flush().await.unwrap();
    let received = tokio::time::timeout(60 * SECOND, far.read_u8()).await;
    assert_eq!(received.expect("it is delivered").unwrap(), b'?');
    assert_eq!(begin.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_flush_after_a_delayed_break_fails_as_writes_do() {
    let cut = Disconnect::CutAfter(2);
    for (disconnect, kind) in [
        (cut, ErrorKind::BrokenPipe),
        (Disconnect::HalfClose, ErrorKind::BrokenPipe),
        (Disconnect::ResetAfter(2), ErrorKind::ConnectionReset),
    ] {
        for first in ["flush", "shutdown", "read"] {
            let chaos = ChaosManager::new();
            let site = StreamSite::new(&chaos, "db");
            let experiment = Experiment::new("late break")
                .fault(Fault::latency(20 * MS))
                .fault(Fault::disconnect(disconnect))
                .blast_radius(radius("write"));
            let guard = chaos.start(experiment).unwrap();
            let (near, mut far) = duplex(64);
            let mut stream = site.wrap(near);
            wait_to_read(&mut stream).await;
            stream.write_all(b"hello").await.unwrap();
            stream.flush().await.unwrap();
            sleep(40 * MS).await;
            if first == "read" {
                let read = tokio::time::timeout(SECOND, stream.read(&mut [0])).await;
                assert_eq!(read.is_err(), disconnect == Disconnect::HalfClose);
            }
            let failed = match first {
                "shutdown" => stream.shutdown().await,
                _ => stream.flush().await,
            };
            let error = failed.unwrap_err();
            assert_eq!(error.kind(), kind, "{disconnect:?}, {first}");
            crate::fixtures::injected(&error);
            let error = stream.write_all(b"x").await.unwrap_err();
            assert_eq!(error.kind(), kind, "{disconnect:?}, {first}");
            assert_eq!(guard.injected(), 1);
            if kind == ErrorKind::BrokenPipe {
                // The peer sees the end while the stream is still open.
                let mut bytes = Vec::new();
                far.read_to_end(&mut bytes).await.unwrap();
                let passed: &[u8] = if disconnect == cut { b"he" } else { b"" };
                assert_eq!(bytes, passed);
            }
        }
    }
}
