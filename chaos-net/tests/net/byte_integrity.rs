//! No byte is lost, changed or reordered when an experiment ends midway.

use std::time::Duration;

use chaos_net::{
    Bandwidth, BlastRadius, ChaosManager, ChaosRelay, Disconnect, Fault, Latency, Loss, Slice,
    Socket, StreamSite,
};
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

use crate::fixtures::{MS, noise, plain_tcp, share, soon};

/// All faults that break nothing.
fn faults() -> impl Strategy<Value = Fault> {
    prop_oneof![
        (1_u64..500).prop_map(|ms| Fault::latency(Duration::from_millis(ms))),
        (0_u64..100, 1_u64..400).prop_map(|(min, more)| {
            let (min, max) = (
                Duration::from_millis(min),
                Duration::from_millis(min + more),
            );
            Fault::latency(Latency::uniform(min, max).unwrap())
        }),
        (1_000_u64..1_000_000)
            .prop_map(|rate| Fault::bandwidth(Bandwidth::bytes_per_second(rate).unwrap())),
        (1_u32..5_000).prop_map(|size| Fault::slice(Slice::bytes(size).unwrap())),
        (1.0..90.0).prop_map(|percent| { Fault::loss(Loss::of_packets(share(percent)).unwrap()) }),
        Just(Fault::disconnect(Disconnect::Stall)),
    ]
}

/// Experiments, each with the time of its end.
fn experiments() -> impl Strategy<Value = Vec<(Fault, u64)>> {
    prop::collection::vec((faults(), 0_u64..2_000), 1..4)
}

async fn send<W: AsyncWrite + Unpin>(mut to: W, bytes: &[u8], pieces: &[usize]) {
    let mut left = bytes;
    for size in pieces.iter().cycle() {
        if left.is_empty() {
            break;
        }
        let (piece, rest) = left.split_at(left.len().min(*size));
        to.write_all(piece).await.unwrap();
        left = rest;
    }
    to.flush().await.unwrap();
    to.shutdown().await.unwrap();
}

async fn receive<R: AsyncRead + Unpin>(mut from: R, pieces: &[usize]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for size in pieces.iter().cycle() {
        let mut piece = vec![0; *size];
        let len = from.read(&mut piece).await.unwrap();
        if len == 0 {
            break;
        }
        bytes.extend_from_slice(&piece[..len]);
    }
    bytes
}

/// Sends bytes in both directions at once, and expects to receive the same.
async fn exchange<A, B>(near: A, far: B, len: usize, pieces: &[usize])
where
    A: AsyncRead + AsyncWrite,
    B: AsyncRead + AsyncWrite,
{
    let (there, back) = (noise(len, 1), noise(len, 2));
    let (near_reads, near_writes) = split(near);
    let (far_reads, far_writes) = split(far);
    let (got_back, got_there, (), ()) = tokio::join!(
        receive(near_reads, pieces),
        receive(far_reads, pieces),
        send(near_writes, &there, pieces),
        send(far_writes, &back, pieces),
    );
    assert!(got_there == there, "bytes written");
    assert!(got_back == back, "bytes read");
}

/// Starts the experiments, and ends each at its time.
async fn run(chaos: &ChaosManager, experiments: &[(Fault, u64)], unit: Duration) {
    let ends = experiments.iter().map(|(fault, end)| {
        let radius = BlastRadius::streams_to("db").operation("*e*");
        let guard = chaos.inject(radius, fault.clone()).unwrap();
        let end = unit * *end as u32;
        tokio::spawn(async move {
            tokio::time::sleep(end).await;
            drop(guard);
        })
    });
    let ends: Vec<_> = ends.collect();
    for end in ends {
        end.await.unwrap();
    }
}

async fn through_a_stream<S: Socket>(
    near: S,
    far: S,
    experiments: &[(Fault, u64)],
    unit: Duration,
    len: usize,
    pieces: &[usize],
) {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let talk = exchange(site.wrap(near), far, len, pieces);
    tokio::join!(talk, run(&chaos, experiments, unit));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn in_memory(
        experiments in experiments(),
        len in 1_usize..100_000,
        room in 1_usize..40_000,
        pieces in prop::collection::vec(1_usize..20_000, 1..5),
    ) {
        // Many tiny pieces would only slow the test down.
        let len = len.min(500 * room);
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (near, far) = duplex(room);
            through_a_stream(near, far, &experiments, MS, len, &pieces).await;
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn over_tcp(
        experiments in experiments(),
        len in 1_usize..400_000,
        pieces in prop::collection::vec(1_000_usize..50_000, 1..5),
    ) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (near, far) = plain_tcp().await;
            // In real time, so experiments end earlier.
            let talk = through_a_stream(near, far, &experiments, MS / 20, len, &pieces);
            soon(talk).await;
        });
    }

    #[test]
    fn through_a_relay(
        experiments in experiments(),
        len in 1_usize..400_000,
        pieces in prop::collection::vec(1_000_usize..50_000, 1..5),
    ) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(soon(async {
            let chaos = ChaosManager::new();
            let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let relay = ChaosRelay::to(server.local_addr().unwrap()).listen(&chaos, "db").await.unwrap();
            let (near, far) = tokio::join!(TcpStream::connect(relay.addr()), server.accept());
            let talk = exchange(near.unwrap(), far.unwrap().0, len, &pieces);
            tokio::join!(talk, run(&chaos, &experiments, MS / 20));
        }));
    }
}
