//! Which connections are hit.

use chaos_net::{ChaosManager, Fault, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use crate::asking::{radius, share};

const CONNECTIONS: usize = 1_000;

/// The connections that are hit, used in an order that `step` makes.
async fn hit(operation: &str, seed: u64, step: usize) -> Vec<usize> {
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
    let mut hit = Vec::new();
    for n in 0..CONNECTIONS {
        let at = n * step % CONNECTIONS;
        let (stream, far) = &mut streams[at];
        far.write_all(b"x").await.unwrap();
        let (read, write) = (stream.read_u8().await, stream.write_all(b"x").await);
        // Either direction's reset is seen in the one that is used after it.
        if read.is_err() || write.is_err() {
            hit.push(at);
        }
    }
    assert_eq!(guard.injected(), hit.len() as u64);
    hit.sort_unstable();
    hit
}

#[tokio::test]
async fn the_same_seed_hits_the_same_connections_in_any_order() {
    let read = hit("read", 7, 1).await;
    assert_eq!(read, hit("read", 7, 617).await);
    assert_ne!(read, hit("read", 8, 1).await);
    assert_ne!(read, hit("write", 7, 1).await);
}

#[tokio::test]
async fn the_rate_is_that_of_connections() {
    let mut hits = 0;
    for seed in 0..10 {
        hits += hit("read", seed, 1).await.len();
    }
    // Four standard deviations of 10,000 draws.
    assert!((2_817..3_183).contains(&hits), "{hits}");
}
