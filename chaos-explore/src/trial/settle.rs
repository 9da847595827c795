//! Pauses between the end of an act and the end of its faults.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

/// The limit of the pause in real time.
const REAL_LIMIT: Duration = Duration::from_millis(500);

/// How a pause ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// No task had anything left to do.
    Quiet,
    /// The limit of real time was reached.
    OutOfTime,
}

/// Waits until all other tasks have observed the end of the act.
///
/// An operation whose caller is gone is then always dropped while its fault still holds it. If the fault ended at once,
/// the operation would race with that.
pub(super) async fn settle_other_tasks() -> Settled {
    // The virtual clock reaches this only when no task has anything left to do.
    sleep_within(Duration::from_millis(1), REAL_LIMIT).await
}

/// Sleeps on the virtual clock, unless something keeps that from advancing for this real time.
pub(super) async fn sleep_within(time: Duration, real_limit: Duration) -> Settled {
    let (settled, wait_for_settled) = mpsc::channel::<()>();
    let (expire, expired) = oneshot::channel::<()>();
    // Outside work that waits for a held operation, such as for its lock, would keep the clock from advancing forever.
    thread::spawn(move || {
        let _ = wait_for_settled.recv_timeout(real_limit);
        drop(expire);
    });
    let mut slept = pin!(tokio::time::sleep(time));
    let mut expired = pin!(expired);
    let how = poll_fn(|cx| {
        if slept.as_mut().poll(cx).is_ready() {
            Poll::Ready(Settled::Quiet)
        } else if expired.as_mut().poll(cx).is_ready() {
            Poll::Ready(Settled::OutOfTime)
        } else {
            Poll::Pending
        }
    })
    .await;
    drop(settled);
    how
}
