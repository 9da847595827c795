//! Wakes the tasks that wait for entries.
//!
//! A waker is user code, so a dedicated thread calls all of them. An operation only wakes that thread, whatever the
//! number of tasks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};

use crate::waiters::Waiters;

/// The tasks that wait for entries, and the thread that wakes them, which starts with the first task.
#[derive(Default)]
pub(super) struct Feed {
    shared: Arc<Shared>,
    thread: Mutex<Option<Thread>>,
}

#[derive(Default)]
struct Shared {
    waiters: Waiters,
    ended: AtomicBool,
}

/// The thread could not be started.
#[derive(Debug)]
pub(super) struct NoThread;

impl Feed {
    /// Starts the thread, unless there is one.
    pub(super) fn prepare(&self) -> Result<(), NoThread> {
        self.with_thread(|_| ())
    }

    /// Has every task woken that waits now.
    pub(super) fn wake(&self) -> Result<(), NoThread> {
        self.with_thread(Thread::unpark)
    }

    /// Returns once a condition is met, which is checked now and at each wake-up.
    pub(super) async fn wait_until(&self, is_met: impl Fn() -> bool) {
        loop {
            // Created before the check, so that a wake-up during it is not missed.
            let woken = self.shared.waiters.notified();
            if is_met() {
                return;
            }
            woken.await;
        }
    }

    fn with_thread(&self, act: impl FnOnce(&Thread)) -> Result<(), NoThread> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let shared = Arc::clone(&self.shared);
            *thread = thread::Builder::new()
                .name("chaos-feed".to_owned())
                .spawn(move || shared.run())
                .ok()
                .map(|started| started.thread().clone());
        }
        thread.as_ref().map(act).ok_or(NoThread)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        let thread = self.thread.get_mut();
        if let Some(thread) = thread.unwrap_or_else(PoisonError::into_inner) {
            thread.unpark();
        }
    }
}

impl Shared {
    fn run(&self) {
        while !self.ended.load(Ordering::Acquire) {
            self.waiters.notify_waiters();
            thread::park();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::AtomicU32;
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn a_wake_up_during_the_check_is_not_missed() {
        let feed = Feed::default();
        let checks = AtomicU32::new(0);
        let waiting = feed.wait_until(|| {
            feed.shared.waiters.notify_waiters();
            checks.fetch_add(1, Ordering::Relaxed) > 0
        });
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(waiting).poll(&mut context).is_ready());
    }

    #[test]
    fn the_thread_ends_with_the_feed() {
        let feed = Feed::default();
        feed.prepare().unwrap();
        let shared = Arc::downgrade(&feed.shared);
        drop(feed);
        while shared.strong_count() > 0 {
            thread::yield_now();
        }
    }
}
