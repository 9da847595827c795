//! The rate of an experiment is a share of the connections, whatever happens on each of them.

use std::time::Duration;

use chaos_net::{
    BlastRadius, ChaosManager, ChaosStream, Disconnect, Experiment, Failure, Fault, Pattern, Phase,
    StreamSite,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;

use crate::fixtures::{SECOND, radius, share, start};

const CONNECTIONS: u32 = 2_000;
/// Chosen before the first run.
const SEEDS: [u64; 10] = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];

fn unnamed() -> BlastRadius {
    BlastRadius::streams_to("db")
}

/// How a connection comes about.
#[derive(Debug, Clone, Copy)]
enum Through {
    Connect,
    Wrap,
    Relay,
}

/// Opens a connection, makes a round trip on it, and returns whether it failed or took time.
async fn is_struck(site: &StreamSite, through: Through) -> bool {
    let (near, far) = duplex(64);
    let begin = Instant::now();
    let opened = match through {
        Through::Wrap => Ok(site.wrap(near)),
        Through::Connect | Through::Relay => site.connect(async { Ok(near) }).await,
    };
    let Ok(stream) = opened else {
        return true;
    };
    let talked = match through {
        Through::Relay => {
            let (client, relayed) = duplex(64);
            let talk = async {
                let talked = round_trip(client, far).await;
                talked.map(drop)
            };
            tokio::join!(stream.relay_client(relayed), talk).1
        }
        Through::Connect | Through::Wrap => round_trip(stream, far).await.map(drop),
    };
    talked.is_err() || !begin.elapsed().is_zero()
}

/// Sends a byte there and another one back; returns both ends.
async fn round_trip<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(
    mut near: S,
    mut far: DuplexStream,
) -> std::io::Result<(S, DuplexStream)> {
    near.write_all(b"?").await?;
    near.flush().await?;
    let answer = async {
        far.read_u8().await?;
        far.write_all(b"!").await
    };
    tokio::try_join!(near.read_u8(), answer)?;
    Ok((near, far))
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_a_share_of_connections_with_any_seed() {
    for (through, fault) in [
        (Through::Connect, Fault::reset()),
        (Through::Connect, Fault::latency(SECOND)),
        (Through::Wrap, Fault::reset()),
        (Through::Relay, Fault::latency(SECOND)),
    ] {
        for (seed, percent) in SEEDS
            .iter()
            .flat_map(|seed| [10, 30, 50].map(|p| (*seed, p)))
        {
            let chaos = ChaosManager::builder().seed(seed).build();
            let site = StreamSite::new(&chaos, "db");
            let radius = unnamed().rate(share(f64::from(percent)));
            let experiment = Experiment::new("some")
                .fault(fault.clone())
                .blast_radius(radius)
                .time_limit(Duration::from_secs(24 * 3600));
            let guard = chaos.start(experiment).unwrap();
            let mut struck = 0;
            for _ in 0..CONNECTIONS {
                struck += u32::from(is_struck(&site, through).await);
            }
            let (n, p) = (f64::from(CONNECTIONS), f64::from(percent) / 100.0);
            // The 99.99 % interval of a binomial distribution.
            let deviation = 3.891 * (n * p * (1.0 - p)).sqrt() + 0.5;
            assert!(
                (f64::from(struck) - n * p).abs() <= deviation,
                "{through:?}, {fault:?}, seed {seed}: {struck} of {CONNECTIONS} at {percent} %"
            );
            assert_eq!(
                guard.injected(),
                u64::from(struck),
                "each connection counts once"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_latency_is_paid_once_in_a_round_trip() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let guard = chaos
        .inject(unnamed().at_most(1), Fault::latency(SECOND))
        .unwrap();
    let (near, far) = duplex(64);
    let begin = Instant::now();
    let stream = site.connect(async { Ok(near) }).await.unwrap();
    assert_eq!(begin.elapsed(), Duration::ZERO, "only reads are late");
    let (stream, far) = round_trip(stream, far).await.unwrap();
    assert_eq!(begin.elapsed(), SECOND);
    let _open = round_trip(stream, far).await.unwrap();
    assert_eq!(begin.elapsed(), 2 * SECOND);
    assert_eq!((guard.injected(), guard.in_flight()), (1, 1));
    assert!(
        !is_struck(&site, Through::Connect).await,
        "at most one connection"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_strikes_where_it_first_meets_the_connection() {
    for (fault, takes) in [
        (Fault::reset(), Duration::ZERO),
        (Fault::timeout(SECOND), SECOND),
    ] {
        let chaos = ChaosManager::new();
        let site = StreamSite::new(&chaos, "db");
        let open = async || -> (ChaosStream<DuplexStream>, DuplexStream) {
            let (near, far) = duplex(64);
            (site.connect(async { Ok(near) }).await.unwrap(), far)
        };
        let (stream, far) = open().await;
        let (mut other, mut other_far) = open().await;
        let guard = chaos.inject(unnamed(), fault).unwrap();
        let begin = Instant::now();
        assert!(site.connect(async { Ok(duplex(1).0) }).await.is_err());
        assert_eq!((begin.elapsed(), guard.injected()), (takes, 1));
        // These are set up already, so the first direction in use is struck.
        assert!(round_trip(stream, far).await.is_err());
        assert_eq!((begin.elapsed(), guard.injected()), (2 * takes, 2));
        other_far.write_all(b"x").await.unwrap();
        assert!(other.read_u8().await.is_err());
        assert_eq!((begin.elapsed(), guard.injected()), (3 * takes, 3));
    }
}

/// Neither side sends anything, before or after the start.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_feels_an_experiment_that_starts() {
    for (fault, takes) in [
        (Fault::reset(), Duration::ZERO),
        (Fault::timeout(SECOND), SECOND),
    ] {
        for relayed in [false, true] {
            let chaos = ChaosManager::new();
            let site = StreamSite::new(&chaos, "db");
            let (near, _far) = duplex(64);
            let mut stream = site.wrap(near);
            let idle = tokio::spawn(async move {
                if relayed {
                    let (_client, relayed) = duplex(64);
                    stream.relay_client(relayed).await;
                } else {
                    stream.read_u8().await.unwrap_err();
                }
            });
            tokio::task::yield_now().await;
            let begin = Instant::now();
            let guard = chaos.inject(unnamed(), fault.clone()).unwrap();
            let felt = tokio::time::timeout(60 * SECOND, idle).await;
            felt.expect("it feels the fault").unwrap();
            assert_eq!((begin.elapsed(), guard.injected()), (takes, 1), "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_one_direction_spares_the_other() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let guard = chaos
        .inject(unnamed(), Fault::error(Failure::Unavailable))
        .unwrap();
    let (near, mut far) = duplex(64);
    let mut stream = site.wrap(near);
    far.write_all(b"x").await.unwrap();
    assert!(stream.write_all(b"x").await.is_err());
    assert_eq!(stream.read_u8().await.unwrap(), b'x');
    assert_eq!(guard.injected(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_property_of_the_link_acts_in_both_directions_and_counts_once() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let slices = Fault::slice(chaos_net::Slice::bytes(3).unwrap());
    let guard = chaos.inject(unnamed().concurrent(1), slices).unwrap();
    let (near, mut far) = duplex(64);
    let mut stream = site.connect(async { Ok(near) }).await.unwrap();
    assert_eq!(stream.write(b"12345678").await.unwrap(), 3);
    far.write_all(b"12345678").await.unwrap();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 3);
    assert_eq!((guard.injected(), guard.in_flight()), (1, 1));
    let (near, _far) = duplex(64);
    let mut second = site.wrap(near);
    assert_eq!(second.write(b"12345678").await.unwrap(), 8, "one at a time");
    drop(stream);
    assert_eq!(guard.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn cuts_and_half_closes_strike_reads() {
    for disconnect in [Disconnect::CutAfter(1), Disconnect::HalfClose] {
        let chaos = ChaosManager::new();
        let site = StreamSite::new(&chaos, "db");
        let _guard = chaos
            .inject(unnamed(), Fault::disconnect(disconnect))
            .unwrap();
        let (near, mut far) = duplex(64);
        let mut stream = site.connect(async { Ok(near) }).await.unwrap();
        stream.write_all(b"12345678").await.unwrap();
        far.write_all(b"12345678").await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        assert!(bytes.len() <= 1, "{disconnect:?}");
    }
}

/// A glob that matches several operations strikes at each, with one draw and one count.
#[tokio::test(start_paused = true)]
async fn operations_say_where_a_concerned_connection_is_struck() {
    let (_chaos, site, guard) = start("*", Fault::latency(SECOND));
    let (near, far) = duplex(64);
    let begin = Instant::now();
    let stream = site.connect(async { Ok(near) }).await.unwrap();
    assert_eq!(begin.elapsed(), SECOND);
    let _open = round_trip(stream, far).await.unwrap();
    assert_eq!(begin.elapsed(), 3 * SECOND);
    assert_eq!((guard.injected(), guard.in_flight()), (1, 1));

    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let experiment = Experiment::new("every other")
        .fault(Fault::latency(SECOND))
        .blast_radius(radius("*"))
        .pattern(Pattern::every(2).unwrap());
    let _guard = chaos.start(experiment).unwrap();
    let mut struck = 0;
    for _ in 0..10 {
        struck += u32::from(is_struck(&site, Through::Connect).await);
    }
    assert_eq!(struck, 5, "a connection takes one turn");
}

#[tokio::test(start_paused = true)]
async fn phase_after_and_dry_runs_count_a_connection_once() {
    for experiment in [
        Experiment::new("late").phase(Phase::After),
        Experiment::new("dry").dry_run(),
    ] {
        let chaos = ChaosManager::new();
        let site = StreamSite::new(&chaos, "db");
        let experiment = experiment
            .fault(Fault::latency(SECOND))
            .blast_radius(unnamed());
        let guard = chaos.start(experiment).unwrap();
        is_struck(&site, Through::Connect).await;
        assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
    }
}
