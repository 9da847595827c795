//! What takes hold of something real.

use std::sync::Arc;
use std::time::Duration;

use chaos_core::adapter::{AdapterWork, WorkItem};
use sqlx::Error;

use crate::ChaosConnection;
use crate::driver::ChaosDatabase;
use crate::locking::Lock;

/// The locks that are held while an operation is going on.
#[derive(Debug, Default)]
#[must_use = "locks are given back when they are dropped"]
pub(crate) struct Locks(Vec<Lock>);

impl Locks {
    /// Gives them back, and waits until they are.
    pub(crate) async fn release(self) {
        for lock in self.0 {
            lock.release().await;
        }
    }
}

/// Does what is to be done before an operation.
pub(super) async fn run<DB: ChaosDatabase>(
    errands: Vec<AdapterWork>,
    connection: &mut ChaosConnection<DB>,
) -> Result<Locks, Error> {
    let mut locks = Locks::default();
    for errand in errands {
        let errand = Arc::new(errand);
        for task in errand.items() {
            match *task {
                WorkItem::ServerSleep(time) => sleep(time, &errand, connection).await?,
                WorkItem::HoldConnections(connections) => {
                    connection.place().hold(connections, &errand);
                }
                WorkItem::HoldLock => {
                    let lock = Lock::ask_for(&connection.place().pool, &errand)?;
                    locks.0.push(lock);
                }
                _ => {}
            }
        }
    }
    // With no errand in hand: their end must not wait for a runtime that is blocked by now.
    for lock in &mut locks.0 {
        lock.taken().await?;
    }
    Ok(locks)
}

/// Has the server sleep, a little at a time: what has ended goes on to the real call, and cancelling a long sleep
/// would end the transaction.
async fn sleep<DB: ChaosDatabase>(
    time: Duration,
    errand: &AdapterWork,
    connection: &mut ChaosConnection<DB>,
) -> Result<(), Error> {
    let mut left = time;
    while !left.is_zero() && !errand.has_ended() {
        let slice = left.min(SLICE);
        // What ends the sleep would have ended a slow statement.
        DB::sleep(connection.raw()?, slice).await?;
        left -= slice;
    }
    Ok(())
}

/// How long a server sleeps on after its client is gone, at most.
const SLICE: Duration = Duration::from_millis(50);
