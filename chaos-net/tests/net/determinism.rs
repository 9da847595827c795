//! The choice of connections.

use chaos_net::{ChaosManager, Fault, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use crate::fixtures::{radius, share};

const CONNECTIONS: usize = 1_000;

/// Returns the affected connections, used in the order given by `step`.
async fn affected(operation: &str, seed: u64, step: usize) -> Vec<usize> {
    let chaos = ChaosManager::builder().seed(seed).build();
    let site = StreamSite::new(&chaos, "db");
    let mut streams: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (near, far) = duplex(8);
            (site.wrap(near), far)
        })
        .collect();
    let radius = radius(operation).rate(share(30.0));
    let guard = chaos.inject(radius, Fault::reset()).unwrap();
    let mut affected = Vec::new();
    for n in 0..CONNECTIONS {
        let at = n * step % CONNECTIONS;
        let (stream, far) = &mut streams[at];
        far.write_all(b"x").await.unwrap();
        let (read, write) = (stream.read_u8().await, stream.write_all(b"x").await);
        // A reset in one direction is visible in the one that is used next.
        if read.is_err() || write.is_err() {
            affected.push(at);
        }
    }
    assert_eq!(guard.injected(), affected.len() as u64);
    affected.sort_unstable();
    affected
}

#[tokio::test]
async fn the_same_seed_affects_the_same_connections_in_any_order() {
    let read = affected("read", 7, 1).await;
    assert_eq!(read, affected("read", 7, 617).await);
    assert_ne!(read, affected("read", 8, 1).await);
    // The operation only says where a connection is struck.
    assert_eq!(read, affected("write", 7, 1).await);
}

#[tokio::test]
async fn the_rate_is_a_share_of_connections() {
    let mut hits = 0;
    for seed in 0..10 {
        hits += affected("read", seed, 1).await.len();
    }
    // Four standard deviations of 10,000 draws.
    assert!((2_817..3_183).contains(&hits), "{hits}");
}
