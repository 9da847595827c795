//! Fixtures of the tests.

use std::io;
use std::time::Duration;

use chaos_net::{
    BlastRadius, ChaosManager, ChaosStream, ExperimentGuard, Fault, InjectedFault, Rate, StreamSite,
};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The timeout for everything that happens in real time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn radius(operation: &str) -> BlastRadius {
    BlastRadius::streams_to("db").operation(operation)
}

pub(crate) fn share(percent: f64) -> Rate {
    Rate::percent(percent).unwrap()
}

/// Starts one experiment on one operation of a site.
pub(crate) fn start(operation: &str, fault: Fault) -> (ChaosManager, StreamSite, ExperimentGuard) {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let guard = chaos.inject(radius(operation), fault).unwrap();
    (chaos, site, guard)
}

/// Opens a TCP connection from a chaos stream to a plain peer.
pub(crate) async fn tcp(site: &StreamSite) -> (ChaosStream<TcpStream>, TcpStream) {
    let (near, far) = plain_tcp().await;
    (site.wrap(near), far)
}

pub(crate) async fn plain_tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    (near.unwrap(), far.unwrap().0)
}

/// Returns the fault inside an error.
pub(crate) fn injected(error: &io::Error) -> &InjectedFault {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref())
        .expect("an injected fault")
}

/// Fails if the future takes longer than [`PATIENCE`].
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("the future hangs")
}

/// Waits until a condition is true.
pub(crate) async fn until(condition: &str, mut is_true: impl FnMut() -> bool) {
    let poll = async {
        while !is_true() {
            tokio::task::yield_now().await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, poll).await.is_ok(),
        "{condition}"
    );
}

/// Returns pseudorandom bytes, the same for the same seed.
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
