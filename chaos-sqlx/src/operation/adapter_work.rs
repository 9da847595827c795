//! Work that experiments ask of this adapter before an operation: to sleep, to hold connections, to lock.

use std::sync::Arc;
use std::time::Duration;

use chaos_core::adapter::{AdapterWork, WorkItem};
use sqlx::{Database, Error};

use super::hold_lock::HeldLock;
use crate::driver::ChaosDatabase;
use crate::wrapped::{WrappedConnection, WrappedPool};

/// The longest single sleep requested of a server; it continues even after its client is gone.
const SLEEP_SLICE: Duration = Duration::from_millis(50);

/// The locks that are held while an operation runs.
#[derive(Debug, Default)]
#[must_use = "dropping locks releases them"]
pub(crate) struct HeldLocks(Vec<HeldLock>);

impl HeldLocks {
    /// Releases the locks, and waits until they are released.
    pub(crate) async fn release(self) {
        for lock in self.0 {
            lock.release().await;
        }
    }
}

/// Does the work for an operation on a connection.
pub(super) async fn work_for_statement<DB: ChaosDatabase>(
    works: Vec<AdapterWork>,
    connection: &mut WrappedConnection<DB>,
) -> Result<HeldLocks, Error> {
    let mut locks = HeldLocks::default();
    for work in works {
        let work = Arc::new(work);
        for item in work.items() {
            match *item {
                WorkItem::ServerSleep(time) => sleep(time, &work, connection).await?,
                WorkItem::HoldConnections(connections) => {
                    connection.pool().hold_connections(connections, &work);
                }
                WorkItem::HoldLock => {
                    locks
                        .0
                        .push(HeldLock::request(&connection.pool().pool, &work)?);
                }
                unknown => return Err(report_undoable(unknown, &work)),
            }
        }
    }
    // The work is dropped by now, so the end of the experiment does not wait for a runtime that may be blocked.
    for lock in &mut locks.0 {
        lock.wait_until_taken().await?;
    }
    Ok(locks)
}

/// Does the work for `acquire`, which can only be to hold connections.
pub(super) fn work_for_acquire<DB: Database>(
    works: Vec<AdapterWork>,
    pool: &WrappedPool<DB>,
) -> Result<(), Error> {
    for work in works {
        let work = Arc::new(work);
        for item in work.items() {
            match *item {
                WorkItem::HoldConnections(connections) => pool.hold_connections(connections, &work),
                other => return Err(report_undoable(other, &work)),
            }
        }
    }
    Ok(())
}

/// Logs work that was counted as injected but can't be done, and returns an error for the caller.
fn report_undoable(item: WorkItem, work: &AdapterWork) -> Error {
    let experiment = work.experiment();
    tracing::error!(
        experiment,
        ?item,
        "chaos-sqlx can't do the work of an experiment"
    );
    Error::Protocol(format!(
        "chaos-sqlx can't do the work of the experiment `{experiment}`: {item:?}"
    ))
}

/// Makes the server sleep in short slices: the sleep can end with its experiment, whereas cancelling a long one would
/// end the transaction.
async fn sleep<DB: ChaosDatabase>(
    time: Duration,
    work: &AdapterWork,
    connection: &mut WrappedConnection<DB>,
) -> Result<(), Error> {
    let mut left = time;
    while !left.is_zero() && !work.has_ended() {
        let slice = left.min(SLEEP_SLICE);
        // An error here would have ended a slow statement too.
        DB::sleep(connection.raw()?, slice).await?;
        left -= slice;
    }
    Ok(())
}
