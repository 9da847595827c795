//! A sqlx pool, with what is shared by all its connections.

use std::num::NonZeroU32;
use std::sync::Arc;

use chaos_core::Site;
use chaos_core::adapter::AdapterWork;
use sqlx::{Database, Pool};

use super::checked_out::{CheckedOut, CheckedOutCount};
use crate::hold_connections::ConnectionHolders;

/// A sqlx pool, with what is shared by all its connections.
pub(crate) struct WrappedPool<DB: Database> {
    pub(crate) pool: Pool<DB>,
    pub(crate) site: Site,
    holders: ConnectionHolders,
    checked_out: CheckedOutCount,
}

impl<DB: Database> WrappedPool<DB> {
    pub(crate) fn new(pool: Pool<DB>, site: Site) -> Self {
        Self {
            pool,
            site,
            holders: ConnectionHolders::default(),
            checked_out: CheckedOutCount::default(),
        }
    }

    /// Starts holding connections until the experiment that asks for it ends.
    pub(crate) fn hold_connections(&self, connections: NonZeroU32, work: &Arc<AdapterWork>) {
        self.holders.hold(&self.pool, connections, work);
    }

    /// Counts a connection as checked out, during explorations only.
    pub(super) fn check_out(&self) -> Option<CheckedOut> {
        self.site
            .is_explored()
            .then(|| self.checked_out.check_out())
    }

    /// Waits until all dropped connections are back in the pool, during explorations only.
    ///
    /// The pool takes connections back in separate tasks, so whether the next caller finds them is a race; but an
    /// explored test has to run the same way each time.
    pub(crate) async fn wait_for_returns(&self) {
        if self.site.is_explored() {
            let _working = self.site.works_outside();
            self.checked_out.wait_for_returns(&self.pool).await;
        }
    }
}
