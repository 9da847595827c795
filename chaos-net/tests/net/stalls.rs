//! Stalls, and what releases them.

use std::future::poll_fn;
use std::time::Duration;

use chaos_net::{Bandwidth, ChaosManager, Disconnect, Experiment, Fault, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex, split};
use tokio::time::{Instant, timeout};

use crate::fixtures::{PATIENCE, SECOND, radius, soon, start, tcp};

fn stall() -> Fault {
    Fault::disconnect(Disconnect::Stall)
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_until_the_experiment_ends() {
    let (_chaos, site, guard) = start("*", stall());
    let (near, mut far) = duplex(64);
    let mut stream = site.wrap(near);
    far.write_all(b"in").await.unwrap();
    let minute = 60 * SECOND;
    assert!(timeout(minute, stream.read_u8()).await.is_err());
    assert!(timeout(minute, stream.write_all(b"out")).await.is_err());
    assert!(timeout(minute, far.read_u8()).await.is_err());
    drop(guard);
    let begin = Instant::now();
    assert_eq!(stream.read_u8().await.unwrap(), b'i');
    stream.write_all(b"out").await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'n');
    let mut out = [0; 3];
    far.read_exact(&mut out).await.unwrap();
    assert_eq!((&out, begin.elapsed()), (b"out", Duration::ZERO));
}

/// In real time, with each half in its own task and on its own thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_halt_wakes_reader_and_writer() {
    for ends in ["halt", "drop"] {
        let (chaos, site, guard) = start("*", stall());
        let (stream, mut far) = tcp(&site).await;
        far.write_all(b"in").await.unwrap();
        let (mut reader, mut writer) = split(stream);
        let reads = tokio::spawn(async move { reader.read_u16().await });
        let writes = tokio::spawn(async move { writer.write_all(b"out").await });
        timeout(PATIENCE, guard.wait_for(1)).await.unwrap().unwrap();
        assert!(!reads.is_finished() && !writes.is_finished());
        if ends == "halt" {
            chaos.halt();
            soon(chaos.halted()).await;
        } else {
            drop(guard);
        }
        assert_eq!(
            soon(reads).await.unwrap().unwrap(),
            u16::from_be_bytes(*b"in")
        );
        soon(writes).await.unwrap().unwrap();
        let mut out = [0; 3];
        soon(far.read_exact(&mut out)).await.unwrap();
        assert_eq!(&out, b"out");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stalled_direction_does_not_hold_the_other() {
    for (stalled, moves) in [("read", "write"), ("write", "read")] {
        let (_chaos, site, guard) = start(stalled, stall());
        let (near, far) = duplex(64);
        let (mut reader, mut writer) = split(site.wrap(near));
        let (mut far_reader, mut far_writer) = split(far);
        far_writer.write_all(b"x").await.unwrap();
        let read = timeout(SECOND, reader.read_u8());
        let write = timeout(SECOND, writer.write_all(b"x"));
        let (read, write) = tokio::join!(read, write);
        assert_eq!(read.is_ok(), moves == "read");
        assert_eq!(write.is_ok(), moves == "write");
        if moves == "write" {
            assert_eq!(far_reader.read_u8().await.unwrap(), b'x');
        }
        assert_eq!(guard.injected(), 1);
    }
}

/// In real time: the timer thread wakes the writer, possibly after the reader has dropped the fault state.
#[tokio::test]
async fn a_reader_that_drops_the_fault_state_still_wakes_the_writer() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    for _ in 0..100 {
        let guard = chaos.inject(radius("write"), stall()).unwrap();
        let (near, mut far) = duplex(8);
        let (mut reader, mut writer) = split(site.wrap(near));
        let writes = tokio::spawn(async move { writer.write_all(b"x").await });
        soon(guard.wait_for(1)).await.unwrap();
        far.write_all(b"x").await.unwrap();
        drop(guard);
        assert_eq!(reader.read_u8().await.unwrap(), b'x');
        soon(writes).await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_releases_a_stall() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let experiment = Experiment::new("short")
        .fault(stall())
        .blast_radius(radius("read"))
        .time_limit(60 * SECOND);
    let _guard = chaos.start(experiment).unwrap();
    let (near, mut far) = duplex(64);
    let mut stream = site.wrap(near);
    far.write_all(b"x").await.unwrap();
    let begin = Instant::now();
    assert_eq!(stream.read_u8().await.unwrap(), b'x');
    assert_eq!(begin.elapsed(), 60 * SECOND);
}

/// Writes and then waits for the answer, whenever it is polled; fails if that keeps the task busy.
async fn write_and_read(
    writer: impl Future<Output = std::io::Result<()>>,
    reader: impl Future<Output = std::io::Result<u8>>,
) -> std::io::Result<()> {
    let (mut writer, mut reader) = (Box::pin(writer), Box::pin(reader));
    let mut polls = 0;
    poll_fn(|cx| {
        polls += 1;
        assert!(polls < 100, "a busy task");
        let written = writer.as_mut().poll(cx);
        if written.is_pending() {
            assert!(reader.as_mut().poll(cx).is_pending());
        }
        written
    })
    .await
}

/// Otherwise paused time would stand still, and a processor would be busy.
#[tokio::test(start_paused = true)]
async fn a_reader_and_a_held_writer_in_one_task_do_not_wake_each_other() {
    let (_chaos, site, _guard) = start("write", stall());
    let (near, _far) = duplex(64);
    let (mut reader, mut writer) = split(site.wrap(near));
    let both = write_and_read(writer.write_all(b"out"), reader.read_u8());
    assert!(timeout(SECOND, both).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_reader_does_not_put_off_a_write_that_waits() {
    let narrow = Bandwidth::bytes_per_second(1).unwrap();
    let (chaos, site, _guard) = start("write", Fault::bandwidth(narrow));
    let (near, _far) = duplex(64);
    let (mut reader, mut writer) = split(site.wrap(near));
    writer.write_all(b"1").await.unwrap();
    let begin = Instant::now();
    let both = write_and_read(writer.write_all(b"2"), reader.read_u8());
    let start = async {
        tokio::task::yield_now().await;
        chaos.inject(radius("write"), Fault::reset()).unwrap()
    };
    let (written, _guard) = tokio::join!(timeout(60 * SECOND, both), start);
    written.unwrap().unwrap();
    assert_eq!(begin.elapsed(), SECOND);
}
