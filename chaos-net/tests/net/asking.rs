//! What the tests ask for again and again.

use std::io;
use std::time::Duration;

use chaos_net::{
    BlastRadius, ChaosManager, ChaosStream, ExperimentGuard, Fault, InjectedFault, Rate, StreamSite,
};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// How long anything real may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn radius(operation: &str) -> BlastRadius {
    BlastRadius::streams_to("db").operation(operation)
}

pub(crate) fn share(percent: f64) -> Rate {
    Rate::percent(percent).unwrap()
}

/// A manager, a site, and one experiment against one operation of it.
pub(crate) fn start(operation: &str, fault: Fault) -> (ChaosManager, StreamSite, ExperimentGuard) {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let guard = chaos.inject(radius(operation), fault).unwrap();
    (chaos, site, guard)
}

/// A TCP connection from a chaos stream to a bare peer.
pub(crate) async fn tcp(site: &StreamSite) -> (ChaosStream<TcpStream>, TcpStream) {
    let (near, far) = bare_tcp().await;
    (site.wrap(near), far)
}

pub(crate) async fn bare_tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    (near.unwrap(), far.unwrap().0)
}

/// The fault inside an error.
pub(crate) fn injected(error: &io::Error) -> &InjectedFault {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref())
        .expect("an injected fault")
}

/// Ends within the time that anything real may take.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("it hangs")
}

/// Looks again and again until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let look = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, look).await.is_ok(), "{what}");
}

/// Bytes that look like nothing in particular, the same for the same seed.
pub(crate) fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}
