//! Latency delays bytes, and does not limit how many are under way.

use std::time::Duration;

use chaos_net::{Disconnect, Experiment, Fault, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex, split};
use tokio::time::{Instant, timeout};

use crate::fixtures::{MS, SECOND, noise, radius, start};

const LATENCY: Duration = Duration::from_millis(100);
const TEN_MEGABYTES: usize = 10_000_000;

/// Sends ten megabytes through a stream or a relay, and returns how long that takes.
async fn ten_megabytes(site: &StreamSite, through: &str) -> Duration {
    let sent = noise(TEN_MEGABYTES, 4);
    let mut got = vec![0; sent.len()];
    let begin = Instant::now();
    let (near, mut far) = duplex(64 * 1024);
    let mut stream = site.wrap(near);
    match through {
        "read" => {
            let (wrote, read) = tokio::join!(far.write_all(&sent), stream.read_exact(&mut got));
            wrote.and(read.map(drop)).unwrap();
        }
        "write" => {
            let write = async {
                stream.write_all(&sent).await.unwrap();
                stream.shutdown().await.unwrap();
            };
            let ((), read) = tokio::join!(write, far.read_exact(&mut got));
            read.unwrap();
        }
        _ => {
            let (mut client, relayed) = duplex(64 * 1024);
            let talk = async {
                let (wrote, read) = tokio::join!(far.write_all(&sent), client.read_exact(&mut got));
                wrote.and(read.map(drop)).unwrap();
                drop(client);
                begin.elapsed()
            };
            let ((), took) = tokio::join!(stream.relay_client(relayed), talk);
            assert!(got == sent, "{through}");
            return took;
        }
    }
    assert!(got == sent, "{through}");
    begin.elapsed()
}

#[tokio::test(start_paused = true)]
async fn ten_megabytes_take_as_long_as_the_latency() {
    for through in ["read", "write", "relay"] {
        let (_chaos, site, _guard) = start("*", Fault::latency(LATENCY));
        assert_eq!(ten_megabytes(&site, through).await, LATENCY, "{through}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_room_for_delayed_bytes_can_be_set() {
    for through in ["read", "write", "relay"] {
        let (_chaos, site, _guard) = start("*", Fault::latency(LATENCY));
        let site = site.delayed_room(1_000_000);
        let took = ten_megabytes(&site, through).await;
        assert!(
            (10 * LATENCY..=12 * LATENCY).contains(&took),
            "{through}: {took:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn writes_pay_their_latency_together() {
    let (_chaos, site, guard) = start("write", Fault::latency(LATENCY));
    let (near, mut far) = duplex(4096);
    let mut stream = site.wrap(near);
    let begin = Instant::now();
    for n in 0..10_u8 {
        stream.write_all(&[n; 100]).await.unwrap();
        assert_eq!(
            begin.elapsed(),
            10 * MS * u32::from(n),
            "it is accepted first"
        );
        tokio::time::sleep(10 * MS).await;
    }
    let read = async {
        for n in 0..10_u8 {
            let mut bytes = [0; 100];
            far.read_exact(&mut bytes).await.unwrap();
            assert_eq!(
                (bytes, begin.elapsed()),
                ([n; 100], LATENCY + 10 * MS * u32::from(n))
            );
        }
    };
    let (closed, ()) = tokio::join!(stream.shutdown(), read);
    closed.unwrap();
    assert_eq!((begin.elapsed(), guard.injected()), (190 * MS, 1));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_accepted_bytes() {
    let (_chaos, site, _guard) = start("write", Fault::latency(SECOND));
    let (near, mut far) = duplex(4);
    let mut stream = site.wrap(near);
    let begin = Instant::now();
    stream.write_all(b"12345678").await.unwrap();
    let mut bytes = [0; 8];
    let end = async {
        stream.shutdown().await.unwrap();
        begin.elapsed()
    };
    let (ended, read) = tokio::join!(end, far.read_exact(&mut bytes));
    read.unwrap();
    assert_eq!((&bytes, ended), (b"12345678", SECOND));
    assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
}

/// As many protocols do: no flush, only a wait for the answer, perhaps in another task.
#[tokio::test(start_paused = true)]
async fn a_reader_drives_accepted_bytes_on() {
    for apart in [false, true] {
        let (_chaos, site, _guard) = start("write", Fault::latency(SECOND));
        let (near, mut far) = duplex(64);
        let (mut reader, mut writer) = split(site.wrap(near));
        let begin = Instant::now();
        let answer = async {
            assert_eq!(far.read_u8().await.unwrap(), b'?');
            assert_eq!(begin.elapsed(), SECOND);
            far.write_all(b"!").await.unwrap();
        };
        if apart {
            let reads = tokio::spawn(async move { reader.read_u8().await });
            tokio::task::yield_now().await;
            writer.write_all(b"?").await.unwrap();
            answer.await;
            assert_eq!(reads.await.unwrap().unwrap(), b'!');
        } else {
            writer.write_all(b"?").await.unwrap();
            let (read, ()) = tokio::join!(reader.read_u8(), answer);
            assert_eq!(read.unwrap(), b'!');
        }
        assert_eq!(begin.elapsed(), SECOND);
    }
}

/// The reader waited in the socket itself when the experiment started.
#[tokio::test(start_paused = true)]
async fn a_reader_from_before_the_experiment_drives_bytes_on() {
    let (chaos, site, guard) = start("write", Fault::latency(SECOND));
    drop(guard);
    let (near, mut far) = duplex(64);
    let (mut reader, mut writer) = split(site.wrap(near));
    let reads = tokio::spawn(async move { reader.read_u8().await });
    tokio::task::yield_now().await;
    let _guard = chaos
        .inject(radius("write"), Fault::latency(SECOND))
        .unwrap();
    writer.write_all(b"?").await.unwrap();
    assert_eq!(far.read_u8().await.unwrap(), b'?');
    far.write_all(b"!").await.unwrap();
    assert_eq!(reads.await.unwrap().unwrap(), b'!');
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_writes_what_it_accepted() {
    let (_chaos, site, guard) = start("write", Fault::latency(SECOND));
    let (near, mut far) = duplex(64);
    let mut stream = site.wrap(near);
    stream.write_all(b"last words").await.unwrap();
    drop(stream);
    let mut bytes = Vec::new();
    far.read_to_end(&mut bytes).await.unwrap();
    assert_eq!((&*bytes, guard.in_flight()), (&b"last words"[..], 0));
}

#[tokio::test(start_paused = true)]
async fn accepted_bytes_pass_when_the_experiment_ends() {
    let (_chaos, site, guard) = start("write", Fault::latency(60 * SECOND));
    let (near, mut far) = duplex(64);
    let mut stream = site.wrap(near);
    let begin = Instant::now();
    stream.write_all(b"first").await.unwrap();
    assert!(timeout(SECOND, stream.shutdown()).await.is_err());
    drop(guard);
    stream.write_all(b", then").await.unwrap();
    let mut bytes = [0; 11];
    far.read_exact(&mut bytes).await.unwrap();
    assert_eq!((&bytes, begin.elapsed()), (b"first, then", SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_a_delay_is_reported_by_the_next_call() {
    let (chaos, site, guard) = start("write", Fault::latency(SECOND));
    drop(guard);
    let experiment = Experiment::new("late reset")
        .fault(Fault::latency(SECOND))
        .fault(Fault::disconnect(Disconnect::Reset))
        .blast_radius(radius("write"));
    let _guard = chaos.start(experiment).unwrap();
    let (near, mut far) = duplex(64);
    let mut stream = site.wrap(near);
    let begin = Instant::now();
    stream.write_all(b"lost").await.unwrap();
    assert!(
        stream.read_u8().await.is_err(),
        "a reset ends both directions"
    );
    assert_eq!(begin.elapsed(), SECOND);
    assert!(stream.write_all(b"lost").await.is_err());
    drop(stream);
    assert_eq!(
        far.read(&mut [0; 8]).await.unwrap(),
        0,
        "nothing was passed on"
    );
}
