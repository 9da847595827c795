//! Locks that nobody has who needs them.

use std::sync::Arc;
use std::time::Duration;

use chaos_core::adapter::AdapterWork;
use sqlx::{Connection, Error, Pool};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::driver::Driver;

/// A lock that another connection has on the database, until it is given back or its experiment ends.
#[derive(Debug)]
#[must_use = "a lock is given back when it is dropped"]
pub(crate) struct Lock {
    /// Dropped, it tells the keeper that the operation is over.
    operation: oneshot::Sender<()>,
    /// Told by the keeper once it has the lock, or why it has none.
    taken: oneshot::Receiver<Result<(), Error>>,
    /// Told by the keeper once it has given the lock back.
    given_back: oneshot::Receiver<()>,
}

impl Lock {
    /// Has a lock taken, which it need not be when this comes back.
    ///
    /// # Errors
    ///
    /// When there is nobody to keep it.
    pub(crate) fn ask_for<DB: Driver>(
        pool: &Pool<DB>,
        errand: &Arc<AdapterWork>,
    ) -> Result<Self, Error> {
        let options = pool.connect_options();
        let (operation, is_over) = oneshot::channel();
        let (tell_taken, taken) = oneshot::channel();
        let (tell_given_back, given_back) = oneshot::channel();
        let errand = Arc::clone(errand);
        // A thread of its own, from the first: a lock must not outlast its experiment because the caller's runtime is
        // blocked.
        let keeper = std::thread::Builder::new().name("chaos-lock".to_owned());
        keeper.spawn(move || {
            if let Ok(runtime) = Builder::new_current_thread().build() {
                runtime.block_on(async {
                    match DB::lock(&options).await {
                        Ok(connection) => {
                            let _ = tell_taken.send(Ok(()));
                            keep(connection, is_over, &errand).await;
                        }
                        Err(error) => {
                            let _ = tell_taken.send(Err(error));
                        }
                    }
                });
            }
            drop(errand);
            let _ = tell_given_back.send(());
        })?;
        Ok(Self {
            operation,
            taken,
            given_back,
        })
    }

    /// Waits until it is taken.
    ///
    /// # Errors
    ///
    /// What the caller is told, whose database can't be locked.
    pub(crate) async fn taken(&mut self) -> Result<(), Error> {
        // There is no keeper any more where there is no runtime to be had for it.
        (&mut self.taken).await.unwrap_or(Ok(()))
    }

    /// Gives it back, and waits until it is.
    pub(crate) async fn release(self) {
        let Self {
            operation,
            given_back,
            ..
        } = self;
        drop(operation);
        // An error says as well that there is no keeper any more.
        let _ = given_back.await;
    }
}

async fn keep<C: Connection>(
    connection: C,
    operation_is_over: oneshot::Receiver<()>,
    errand: &AdapterWork,
) {
    tokio::select! {
        _ = operation_is_over => {}
        () = errand.ended(Duration::MAX) => {}
    }
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "a connection that held a lock did not close well");
    }
}
