//! Faults that take time: latency, timeouts, bandwidth, slices.

use std::io::ErrorKind;
use std::time::Duration;

use chaos_net::{Bandwidth, ChaosManager, Corrupt, Disconnect, Fault, Slice, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::{Instant, sleep};

use crate::fixtures::{MS, SECOND, noise, radius, share, start};

#[tokio::test(start_paused = true)]
async fn latency_on_reads_does_not_reduce_throughput() {
    let (_chaos, site, guard) = start("read", Fault::latency(SECOND));
    let (near, mut far) = duplex(1024);
    let mut stream = site.wrap(near);
    let begin = Instant::now();
    let write = async {
        for n in 0..100_u8 {
            far.write_all(&[n; 1000]).await.unwrap();
            sleep(10 * MS).await;
        }
    };
    let read = async {
        for n in 0..100_u8 {
            let mut bytes = [0; 1000];
            stream.read_exact(&mut bytes).await.unwrap();
            assert_eq!(bytes, [n; 1000]);
            let sent = 10 * MS * u32::from(n);
            let took = begin.elapsed() - sent;
            assert!((SECOND..SECOND + 2 * MS).contains(&took), "{n}: {took:?}");
        }
    };
    tokio::join!(write, read);
    assert_eq!(guard.injected(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_is_delayed_like_the_bytes() {
    let (_chaos, site, _guard) = start("read", Fault::latency(SECOND));
    let (near, mut far) = duplex(1024);
    let mut stream = site.wrap(near);
    far.write_all(b"last words").await.unwrap();
    drop(far);
    let begin = Instant::now();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    assert_eq!((&*bytes, begin.elapsed()), (&b"last words"[..], SECOND));

    let mut stream = site.wrap(duplex(1).0);
    let begin = Instant::now();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(begin.elapsed(), SECOND);
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(begin.elapsed(), SECOND, "the end is delayed once");
}

#[tokio::test(start_paused = true)]
async fn the_delay_line_is_bounded() {
    let (_chaos, site, guard) = start("read", Fault::disconnect(Disconnect::Stall));
    let (near, mut far) = duplex(64 * 1024);
    let mut stream = site.wrap(near);
    let mut written = 0;
    loop {
        // The reader fills the delay line, and waits.
        let read = tokio::time::timeout(SECOND, stream.read_u8());
        assert!(read.await.is_err());
        match tokio::time::timeout(SECOND, far.write(&[7; 1000])).await {
            Ok(len) => written += len.unwrap(),
            Err(_) => break,
        }
    }
    assert!((256 * 1024..360 * 1024).contains(&written), "{written}");
    drop(guard);
    drop(far);
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(bytes.len(), written);
}

#[tokio::test(start_paused = true)]
async fn writes_that_no_latency_delays_wait_before_they_are_accepted() {
    let (_chaos, site, guard) = start("write", Fault::disconnect(Disconnect::Stall));
    let (near, mut far) = duplex(1024);
    let mut stream = site.wrap(near);
    // Cancelled while it was held: it was never accepted, so it never arrives.
    let cancelled = tokio::time::timeout(SECOND / 2, stream.write_all(b"never")).await;
    assert!(cancelled.is_err());
    assert_eq!((guard.injected(), guard.in_flight()), (1, 1));
    drop(guard);
    stream.write_all(b"then").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut bytes = Vec::new();
    far.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(bytes, b"then");
}

#[tokio::test(start_paused = true)]
async fn a_piece_that_is_written_in_parts_waits_once() {
    let (_chaos, site, _guard) = start("write", Fault::latency(SECOND));
    let (near, mut far) = duplex(3);
    let mut stream = site.wrap(near);
    let begin = Instant::now();
    let mut bytes = [0; 10];
    let write = async {
        stream.write_all(b"0123456789").await?;
        stream.shutdown().await
    };
    let (wrote, read) = tokio::join!(write, far.read_exact(&mut bytes));
    wrote.unwrap();
    read.unwrap();
    assert_eq!((&bytes, begin.elapsed()), (b"0123456789", SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_holds_each_direction_and_then_fails() {
    let (_chaos, site, _guard) = start("*", Fault::timeout(30 * SECOND));
    let (near, mut far) = duplex(64);
    let Err(error) = site.connect(async { Ok(near) }).await else {
        panic!("connect times out, too");
    };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let (near, _far) = duplex(64);
    let mut stream = site.wrap(near);
    let begin = Instant::now();
    let error = stream.write_all(b"x").await.unwrap_err();
    assert_eq!(
        (error.kind(), begin.elapsed()),
        (ErrorKind::TimedOut, 30 * SECOND)
    );
    assert!(far.write_all(b"x").await.is_err());
    let (near, mut far) = duplex(64);
    let mut stream = site.wrap(near);
    far.write_all(b"x").await.unwrap();
    let error = stream.read_u8().await.unwrap_err();
    assert_eq!(
        (error.kind(), begin.elapsed()),
        (ErrorKind::TimedOut, 60 * SECOND)
    );
}

#[tokio::test(start_paused = true)]
async fn bandwidth_limits_both_directions() {
    let limit = || Fault::bandwidth(Bandwidth::bytes_per_second(10_000).unwrap());
    for operation in ["read", "write"] {
        let (_chaos, site, _guard) = start(operation, limit());
        let (near, mut far) = duplex(4096);
        let mut stream = site.wrap(near);
        let sent = noise(50_000, 3);
        let mut got = vec![0; sent.len()];
        let begin = Instant::now();
        let (wrote, read) = if operation == "read" {
            tokio::join!(far.write_all(&sent), stream.read_exact(&mut got))
        } else {
            tokio::join!(stream.write_all(&sent), far.read_exact(&mut got))
        };
        wrote.unwrap();
        read.unwrap();
        assert_eq!(got, sent);
        let took = begin.elapsed();
        let whole = 5 * SECOND;
        assert!(
            (whole - 25 * MS..=whole).contains(&took),
            "{operation}: {took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn slices_limit_reads_and_writes() {
    let (_chaos, site, _guard) = start("*", Fault::slice(Slice::bytes(3).unwrap()));
    let (near, mut far) = duplex(1024);
    let mut stream = site.wrap(near);
    far.write_all(b"12345678").await.unwrap();
    let mut pieces = Vec::new();
    for _ in 0..3 {
        pieces.push(stream.read(&mut [0; 100]).await.unwrap());
    }
    assert_eq!(pieces, [3, 3, 2]);
    assert_eq!(stream.write(b"12345678").await.unwrap(), 3);
    assert_eq!(stream.write(b"45678").await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn vectored_writes_are_delayed_together() {
    let (_chaos, site, _guard) = start("write", Fault::latency(SECOND));
    let (near, mut far) = duplex(1024);
    let mut stream = site.wrap(near);
    let begin = Instant::now();
    let bufs = [b"head".as_slice(), b"", b"body"].map(std::io::IoSlice::new);
    let mut written = 0;
    while written < 8 {
        let left = if written == 0 { &bufs[..] } else { &bufs[2..] };
        written += stream.write_vectored(left).await.unwrap();
    }
    stream.shutdown().await.unwrap();
    let mut bytes = [0; 8];
    far.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"headbody");
    // A stream in memory accepts only the first buffer; the rest belongs to the same piece.
    assert_eq!(begin.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn corruption_does_not_depend_on_how_bytes_are_split() {
    let sent = vec![0; 30_000];
    let mut arrived = Vec::new();
    for (operation, pieces) in [("read", 1), ("read", 7), ("write", 1), ("write", 7)] {
        let (_chaos, site, guard) = start(
            operation,
            Fault::corrupt(Corrupt::bytes(share(5.0)).unwrap()),
        );
        let (near, mut far) = duplex(500 * pieces);
        let mut stream = site.wrap(near);
        let mut got = vec![0; sent.len()];
        let (wrote, read) = if operation == "read" {
            tokio::join!(far.write_all(&sent), stream.read_exact(&mut got))
        } else {
            tokio::join!(stream.write_all(&sent), far.read_exact(&mut got))
        };
        wrote.unwrap();
        read.unwrap();
        let changed = got.iter().filter(|byte| **byte != 0).count();
        assert!((1_300..1_700).contains(&changed), "{operation}: {changed}");
        assert_eq!(guard.injected(), 1);
        arrived.push(got);
    }
    assert_eq!(arrived[0], arrived[1]);
    assert_eq!(arrived[2], arrived[3]);
    assert_ne!(arrived[0], arrived[2], "each direction has its own draws");
}

#[tokio::test(start_paused = true)]
async fn experiments_that_start_later_affect_open_connections() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let (near, mut far) = duplex(64);
    let mut stream = site.wrap(near);
    let round_trip = async |stream: &mut chaos_net::ChaosStream<_>,
                            far: &mut tokio::io::DuplexStream| {
        let begin = Instant::now();
        stream.write_all(b"?").await.unwrap();
        stream.flush().await.unwrap();
        let answer = async {
            far.read_u8().await.unwrap();
            far.write_all(b"!").await.unwrap();
        };
        let (read, ()) = tokio::join!(stream.read_u8(), answer);
        read.unwrap();
        begin.elapsed()
    };
    assert_eq!(round_trip(&mut stream, &mut far).await, Duration::ZERO);
    let slow = chaos.inject(radius("*"), Fault::latency(SECOND)).unwrap();
    assert_eq!(round_trip(&mut stream, &mut far).await, 2 * SECOND);
    assert_eq!(slow.injected(), 1, "the connection counts once");
    let slower = chaos
        .inject(radius("read"), Fault::latency(SECOND))
        .unwrap();
    assert_eq!(round_trip(&mut stream, &mut far).await, 3 * SECOND);
    drop(slow);
    assert_eq!(round_trip(&mut stream, &mut far).await, SECOND);
    drop(slower);
    assert_eq!(round_trip(&mut stream, &mut far).await, Duration::ZERO);
}
