//! The pause between the end of an act and the end of its faults.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

/// The limit of the pause in real time.
const REAL_LIMIT: Duration = Duration::from_millis(500);

/// Waits until all other tasks have observed the end of the act.
///
/// An operation whose caller is gone is then always dropped while its fault still holds it. If the fault ended at once,
/// the operation would race with that.
pub(crate) async fn settle_other_tasks() {
    let (settled, wait_for_settled) = mpsc::channel::<()>();
    let (expire, expired) = oneshot::channel::<()>();
    // Outside work that waits for a held operation, such as for its lock, would keep the clock from advancing forever.
    thread::spawn(move || {
        let _ = wait_for_settled.recv_timeout(REAL_LIMIT);
        drop(expire);
    });
    // The virtual clock reaches this only when no task has anything left to do.
    let mut next_jump = pin!(tokio::time::sleep(Duration::from_millis(1)));
    let mut expired = pin!(expired);
    poll_fn(|cx| {
        if next_jump.as_mut().poll(cx).is_ready() || expired.as_mut().poll(cx).is_ready() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    drop(settled);
}
