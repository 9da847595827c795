//! A stream that no fault affects allocates no more than the socket in it.

use std::pin::pin;
use std::task::{Context, Waker};

use allocation_counter::measure;
use chaos_net::{BlastRadius, ChaosManager, Fault, Rate, StreamSite};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};

async fn round_trip(near: impl AsyncRead + AsyncWrite, far: impl AsyncRead + AsyncWrite) {
    let (mut near, mut far) = (pin!(near), pin!(far));
    let mut bytes = [7; 100];
    near.write_all(&bytes).await.unwrap();
    far.read_exact(&mut bytes).await.unwrap();
    far.write_all(&bytes).await.unwrap();
    near.read_exact(&mut bytes).await.unwrap();
}

/// Counts the allocations of a hundred round trips, after one to warm up.
fn allocations_of_round_trips<S: AsyncRead + AsyncWrite + Unpin>(
    mut near: S,
    mut far: impl AsyncRead + AsyncWrite + Unpin,
) -> u64 {
    let mut talk = || {
        let ready = pin!(round_trip(&mut near, &mut far))
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready();
        assert!(ready);
    };
    talk();
    measure(|| (0..100).for_each(|_| talk())).count_total
}

#[test]
fn an_unaffected_stream_allocates_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let (near, far) = duplex(1024);
    let bare = allocations_of_round_trips(near, far);

    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "db");
    let hardly_ever = Rate::percent(0.000_000_1).unwrap();
    for radius in [
        None,
        Some(BlastRadius::streams_to("elsewhere")),
        Some(BlastRadius::streams_to("db").rate(hardly_ever)),
        Some(BlastRadius::streams_to("db").operation("connect")),
    ] {
        let _guard = radius
            .clone()
            .map(|radius| chaos.inject(radius, Fault::reset()).unwrap());
        let (near, far) = duplex(1024);
        assert_eq!(
            allocations_of_round_trips(site.wrap(near), far),
            bare,
            "{radius:?}"
        );
    }
}
