//! Connections that are lent out, counted where a test is explored.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use sqlx::Database;

use crate::place::Place;

/// How many connections of a pool are lent out.
#[derive(Default)]
pub(crate) struct Lending(Arc<AtomicU32>);

/// A connection that is lent out.
pub(crate) struct Lent(Arc<AtomicU32>);

impl<DB: Database> Place<DB> {
    /// Counts a connection as lent out, if anybody wants to know.
    pub(crate) fn lend(&self) -> Option<Lent> {
        self.site.is_explored().then(|| {
            self.lending.0.fetch_add(1, Ordering::AcqRel);
            Lent(Arc::clone(&self.lending.0))
        })
    }

    /// Waits until the connections that were given back are back, where a test is explored.
    ///
    /// The pool brings them back in tasks of its own, so whoever comes next may or may not find them; but a test that is
    /// explored must be the same twice.
    pub(crate) async fn all_are_back(&self) {
        const LOOK_EVERY: Duration = Duration::from_micros(50);
        /// Some may be lent out past us.
        const LOOKS: u32 = 1_000;
        if !self.site.is_explored() {
            return;
        }
        let _working = self.site.works_outside();
        for _ in 0..LOOKS {
            let lent = self.lending.0.load(Ordering::Acquire) as usize;
            if self.pool.num_idle() + lent >= self.pool.size() as usize {
                return;
            }
            let waited = tokio::task::spawn_blocking(|| thread::sleep(LOOK_EVERY));
            let _ = waited.await;
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
