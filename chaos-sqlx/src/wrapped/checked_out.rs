//! Counts the connections that are checked out of a pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use sqlx::{Database, Pool};

/// The number of connections that are checked out of a pool.
#[derive(Default)]
pub(super) struct CheckedOutCount(Arc<AtomicU32>);

/// A connection that counts as checked out until this is dropped.
pub(super) struct CheckedOut(Arc<AtomicU32>);

impl CheckedOutCount {
    pub(super) fn check_out(&self) -> CheckedOut {
        self.0.fetch_add(1, Ordering::AcqRel);
        CheckedOut(Arc::clone(&self.0))
    }

    /// Waits until every connection of the pool is idle or checked out.
    pub(super) async fn wait_for_returns<DB: Database>(&self, pool: &Pool<DB>) {
        const INTERVAL: Duration = Duration::from_micros(50);
        /// Limits the wait for connections that were taken from the sqlx pool itself, and are not counted.
        const ATTEMPTS: u32 = 1_000;
        for _ in 0..ATTEMPTS {
            let checked_out = self.0.load(Ordering::Acquire) as usize;
            if pool.num_idle() + checked_out >= pool.size() as usize {
                return;
            }
            let slept = tokio::task::spawn_blocking(|| thread::sleep(INTERVAL));
            let _ = slept.await;
        }
    }
}

impl Drop for CheckedOut {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
