//! A break after some bytes that are written strikes with the last of them.

use std::io::ErrorKind;

use chaos_net::{ChaosManager, ChaosStream, Disconnect, Experiment, Fault, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::time::{Instant, timeout};

use crate::fixtures::{SECOND, radius, soon, start, tcp};

fn pair(site: &StreamSite) -> (ChaosStream<DuplexStream>, DuplexStream) {
    let (near, far) = duplex(64);
    (site.wrap(near), far)
}

const BREAKS: [(Disconnect, Option<ErrorKind>); 2] = [
    (Disconnect::ResetAfter(10), Some(ErrorKind::ConnectionReset)),
    (Disconnect::CutAfter(10), None),
];

#[tokio::test(start_paused = true)]
async fn it_strikes_when_exactly_so_many_are_written() {
    for (disconnect, reads_then) in BREAKS {
        for operation in ["write", "read"] {
            let (_chaos, site, guard) = start(operation, Fault::disconnect(disconnect));
            let (mut stream, mut far) = pair(&site);
            if operation == "read" {
                // The other end writes what the site reads.
                stream = stream.into_peer();
            }
            stream.write_all(b"1234").await.unwrap();
            assert_eq!(guard.injected(), 0);
            assert!(timeout(SECOND, stream.read_u8()).await.is_err());
            stream.write_all(b"567890").await.unwrap();
            assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
            if reads_then.is_none() {
                // Without another call.
                let mut bytes = Vec::new();
                far.read_to_end(&mut bytes).await.unwrap();
                assert_eq!(bytes, b"1234567890");
            }
            let read = stream.read(&mut [0]).await;
            assert_eq!(read.err().map(|error| error.kind()), reads_then);
            let error = stream.write_all(b"x").await.unwrap_err();
            assert_eq!(error.kind(), reads_then.unwrap_or(ErrorKind::BrokenPipe));
        }
    }
}

#[tokio::test]
async fn it_resets_a_peer_that_waits_for_more() {
    let (_chaos, site, _guard) = start("write", Fault::disconnect(Disconnect::ResetAfter(10)));
    let (mut stream, mut peer) = tcp(&site).await;
    soon(stream.write_all(&[0; 10])).await.unwrap();
    #[cfg(not(target_os = "linux"))]
    drop(stream);
    let error = soon(peer.read_to_end(&mut Vec::new())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn it_strikes_behind_a_latency_while_the_answer_is_awaited() {
    for (disconnect, reads_then) in BREAKS {
        for apart in [false, true] {
            let chaos = ChaosManager::new();
            let site = StreamSite::new(&chaos, "db");
            let late = |name: &str, fault| {
                let experiment = Experiment::new(name).fault(fault);
                chaos.start(experiment.blast_radius(radius("write")))
            };
            let _latency = late("a latency", Fault::latency(SECOND)).unwrap();
            let guard = late("a break", Fault::disconnect(disconnect)).unwrap();
            let (stream, mut far) = pair(&site);
            let (mut reader, mut writer) = split(stream);
            let begin = Instant::now();
            let read = if apart {
                let read = tokio::spawn(async move { reader.read(&mut [0]).await });
                tokio::task::yield_now().await;
                writer.write_all(&[0; 10]).await.unwrap();
                read.await.unwrap()
            } else {
                writer.write_all(&[0; 10]).await.unwrap();
                writer.flush().await.unwrap();
                reader.read(&mut [0]).await
            };
            assert_eq!(read.err().map(|error| error.kind()), reads_then);
            assert!(begin.elapsed() >= SECOND);
            far.read_exact(&mut [0; 10]).await.unwrap();
            assert_eq!(guard.injected(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_breaks_nothing_and_counts_once() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let dry = Experiment::new("dry")
        .fault(Fault::disconnect(Disconnect::ResetAfter(10)))
        .blast_radius(radius("write"))
        .dry_run();
    let guard = chaos.start(dry).unwrap();
    let (mut stream, mut far) = pair(&site);
    for _ in 0..3 {
        stream.write_all(&[0; 10]).await.unwrap();
        far.read_exact(&mut [0; 10]).await.unwrap();
        assert_eq!(guard.injected(), 1);
    }
}
