//! Operations at a site, and futures that are polled by hand.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use chaos_core::Site;

/// The reply of the real call.
pub(crate) const REAL: u32 = 101;

/// A real call under the faults of a site.
pub(crate) async fn call(site: &Site) -> io::Result<u32> {
    site.around("reserve", async { Ok(REAL) }).await
}

/// Whether the real call was made and its reply arrived.
pub(crate) async fn gets_through(site: &Site) -> bool {
    call(site).await.is_ok_and(|reply| reply == REAL)
}

/// Polls once, with a waker that does nothing.
pub(crate) fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A call that is pending for some polls.
pub(crate) async fn slow_call(polls: u32) -> io::Result<u32> {
    for _ in 0..polls {
        let mut waited = false;
        std::future::poll_fn(|_| match std::mem::replace(&mut waited, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
    Ok(REAL)
}
