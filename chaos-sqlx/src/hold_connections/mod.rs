//! Holds connections of a pool until an experiment ends (`Fault::hold_connections`).

mod hold_and_return;
mod watchdog;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use chaos_core::adapter::AdapterWork;
use hold_and_return::hold_and_return;
use sqlx::{Database, Pool};
use tokio::runtime::Handle;

/// The experiments that hold connections of a pool, each in its own task.
#[derive(Debug, Default)]
pub(crate) struct ConnectionHolders(Mutex<HashMap<Box<str>, Weak<AdapterWork>>>);

impl ConnectionHolders {
    /// Starts holding connections as they become free, until the experiment ends.
    ///
    /// Does nothing if the experiment holds some already.
    pub(crate) fn hold<DB: Database>(
        &self,
        pool: &Pool<DB>,
        connections: NonZeroU32,
        work: &Arc<AdapterWork>,
    ) {
        if !self.try_register(work) {
            return;
        }
        let count = connections.get().min(pool.options().get_max_connections());
        // A synchronous `try_acquire` may be called outside any runtime, where no task can hold connections.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let task = hold_and_return(pool.clone(), count, Arc::clone(work));
        if let Err(error) = watchdog::spawn(&runtime, Arc::clone(work), task) {
            tracing::warn!(%error, "no connections are held, because the watchdog can't start");
        }
    }

    /// Registers an experiment as a holder; returns `false` if it is registered already.
    fn try_register(&self, work: &Arc<AdapterWork>) -> bool {
        let mut holders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A later experiment may have the name of one that has ended.
        holders.retain(|_, holder| holder.upgrade().is_some_and(|holder| !holder.has_ended()));
        let is_new = !holders.contains_key(work.experiment());
        if is_new {
            holders.insert(work.experiment().into(), Arc::downgrade(work));
        }
        is_new
    }
}
