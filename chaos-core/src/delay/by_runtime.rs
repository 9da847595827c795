//! Delays on the runtime's timer.

use super::clock;
use super::release::Release;
use crate::contain::contain;
use std::future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::Sleep;

pub(super) type Wait = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// Waits for `duration` or the release; returns `None` outside a runtime, or in one without timers.
pub(super) fn wait(duration: Duration, release: Option<Arc<Release>>) -> Option<Wait> {
    let mut sleep = match clock::now().checked_add(duration) {
        Some(_) => Some(Box::pin(sleep(duration)?)),
        // An idle runtime with a paused clock would jump to a distant timer.
        None => None,
    };
    Some(Box::pin(async move {
        let mut released = pin!(async {
            match release {
                Some(release) => release.fired().await,
                None => future::pending().await,
            }
        });
        future::poll_fn(|context| {
            let over = sleep
                .as_mut()
                .is_some_and(|sleep| sleep.as_mut().poll(context).is_ready());
            if over {
                Poll::Ready(())
            } else {
                released.as_mut().poll(context)
            }
        })
        .await;
    }))
}

fn sleep(duration: Duration) -> Option<Sleep> {
    if !clock::in_runtime() {
        return None;
    }
    // Only this panic reveals a runtime without timers.
    contain(|| tokio::time::sleep(duration))
}

#[cfg(test)]
mod tests {
    use super::super::block_on;
    use super::*;
    use std::time::Instant;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn there_is_no_wait_without_a_runtime_or_timers() {
        assert!(wait(HOUR, None).is_none());
        let timeless = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        assert!(timeless.block_on(async { wait(HOUR, None).is_none() }));
    }

    #[tokio::test]
    async fn a_wait_is_never_early_on_a_running_clock() {
        let start = Instant::now();
        let waited = wait(Duration::from_millis(3), None).expect("a runtime with timers");
        waited.await;
        assert!(start.elapsed() >= Duration::from_millis(3));
    }

    #[tokio::test]
    async fn a_release_from_another_thread_ends_a_wait() {
        let release = Arc::new(Release::new());
        let mut waited = wait(Duration::MAX, Some(release.clone())).expect("a runtime with timers");
        assert!(poll_once(&mut waited).is_pending());
        let releaser = std::thread::spawn(move || release.release());
        block_on(waited);
        assert!(releaser.join().is_ok());
    }

    fn poll_once(wait: &mut Wait) -> Poll<()> {
        wait.as_mut()
            .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    }
}
