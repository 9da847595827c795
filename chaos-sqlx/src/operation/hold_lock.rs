//! Holds a lock on the database while an operation runs (`Fault::hold_lock`).

use std::sync::Arc;
use std::time::Duration;

use chaos_core::adapter::AdapterWork;
use sqlx::{Connection, Error, Pool};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::driver::Driver;

/// A lock on the database by another connection, until it is released or its experiment ends.
#[derive(Debug)]
#[must_use = "dropping a lock releases it"]
pub(super) struct HeldLock {
    /// Dropped at the end of the operation, which the lock's thread notices.
    operation: oneshot::Sender<()>,
    /// Resolves when the lock is taken, or can't be.
    taken: oneshot::Receiver<Result<(), Error>>,
    /// Resolves when the lock is released.
    released: oneshot::Receiver<()>,
}

impl HeldLock {
    /// Starts to take a lock.
    ///
    /// # Errors
    ///
    /// When no thread can be started for it.
    pub(super) fn request<DB: Driver>(
        pool: &Pool<DB>,
        work: &Arc<AdapterWork>,
    ) -> Result<Self, Error> {
        let options = pool.connect_options();
        let (operation, operation_end) = oneshot::channel();
        let (report_taken, taken) = oneshot::channel();
        let (report_released, released) = oneshot::channel();
        let work = Arc::clone(work);
        // A dedicated thread from the start: a lock must not outlast its experiment because the caller's runtime is
        // blocked.
        let thread = std::thread::Builder::new().name("chaos-lock".to_owned());
        thread.spawn(move || {
            if let Ok(runtime) = Builder::new_current_thread().build() {
                runtime.block_on(async {
                    match DB::lock(&options).await {
                        Ok(connection) => {
                            work.report_held();
                            let _ = report_taken.send(Ok(()));
                            hold(connection, operation_end, &work).await;
                        }
                        Err(error) => {
                            let _ = report_taken.send(Err(error));
                        }
                    }
                });
            }
            drop(work);
            let _ = report_released.send(());
        })?;
        Ok(Self {
            operation,
            taken,
            released,
        })
    }

    /// Waits until the lock is taken.
    ///
    /// # Errors
    ///
    /// The error of the caller's statement, when the database can't be locked.
    pub(super) async fn wait_until_taken(&mut self) -> Result<(), Error> {
        // Without a runtime for it, the thread has ended.
        (&mut self.taken).await.unwrap_or(Ok(()))
    }

    /// Releases the lock, and waits until it is released.
    pub(super) async fn release(self) {
        let Self {
            operation,
            released,
            ..
        } = self;
        drop(operation);
        // An error means that the thread has ended.
        let _ = released.await;
    }
}

async fn hold<C: Connection>(
    connection: C,
    operation_end: oneshot::Receiver<()>,
    work: &AdapterWork,
) {
    tokio::select! {
        _ = operation_end => {}
        () = work.ended(Duration::MAX) => {}
    }
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "can't close the connection that held a lock");
    }
}
