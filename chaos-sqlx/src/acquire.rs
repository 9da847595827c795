//! `acquire` and `try_acquire`, with faults injected.

use std::task::{Context, Poll, Waker};

use chaos_core::adapter::Armed;
use chaos_core::{InjectedFault, Phase};
use sqlx::Error;
use sqlx::pool::PoolConnection;
use tokio::time::timeout;

use crate::driver::{ACQUIRE, ChaosDatabase};
use crate::operation::ActiveOperation;
use crate::sql::OperationName;
use crate::wrapped::WrappedPool;

impl<DB: ChaosDatabase> WrappedPool<DB> {
    /// Acquires a connection.
    ///
    /// Only a failed acquire counts as an outcome; after a successful one, the statement on the connection does.
    pub(crate) async fn acquire(&self) -> Result<PoolConnection<DB>, Error> {
        match self.begin_acquire() {
            None => self.pool.acquire().await,
            Some(operation) => {
                let mut operation = operation.into_inner();
                let acquired = Box::pin(self.acquire_within_timeout(&mut operation)).await;
                if acquired.is_err() {
                    operation.report(&acquired);
                }
                acquired
            }
        }
    }

    fn begin_acquire(&self) -> Option<Armed<ActiveOperation>> {
        ActiveOperation::begin(&self.site, None, ACQUIRE, || OperationName::new("acquire"))
    }

    /// Acquires a connection within the pool's own `acquire_timeout`, faults included.
    async fn acquire_within_timeout(
        &self,
        operation: &mut ActiveOperation,
    ) -> Result<PoolConnection<DB>, Error> {
        let limit = self.pool.options().get_acquire_timeout();
        operation.decision().fail_after(limit);
        let mut closed = self.pool.close_event();
        let acquired = closed.do_until(timeout(limit, self.acquire_under_faults(operation)));
        match acquired.await? {
            Ok(acquired) => acquired,
            Err(_) => Err(Error::PoolTimedOut),
        }
    }

    async fn acquire_under_faults(
        &self,
        operation: &mut ActiveOperation,
    ) -> Result<PoolConnection<DB>, Error> {
        let decision = operation.decision();
        decision.apply(Phase::Before).await.map_err(timed_out)?;
        operation.hold_connections(self)?;
        let connection = {
            self.wait_for_returns().await;
            // The pool may wait for a new connection, or for a caller to return one.
            let _working = self.site.may_work_outside();
            self.pool.acquire().await?
        };
        let decision = operation.decision();
        decision.apply(Phase::After).await.map_err(timed_out)?;
        Ok(connection)
    }

    /// Acquires a connection if one is idle and no fault delays or fails it.
    pub(crate) fn try_acquire(&self) -> Option<PoolConnection<DB>> {
        let Some(operation) = self.begin_acquire() else {
            return self.pool.try_acquire();
        };
        // `try_acquire` callers expect `None`, so it is not a failure.
        self.try_acquire_under_faults(&mut operation.into_inner())
    }

    fn try_acquire_under_faults(
        &self,
        operation: &mut ActiveOperation,
    ) -> Option<PoolConnection<DB>> {
        let apply_at_once = |operation: &mut ActiveOperation, phase| {
            let mut context = Context::from_waker(Waker::noop());
            let applied = operation.decision().poll_apply(phase, &mut context);
            matches!(applied, Poll::Ready(Ok(()))).then_some(())
        };
        apply_at_once(operation, Phase::Before)?;
        operation.hold_connections(self).ok()?;
        let connection = self.pool.try_acquire()?;
        apply_at_once(operation, Phase::After)?;
        Some(connection)
    }
}

/// The error of a pool without a connection, whatever the cause.
fn timed_out(_: InjectedFault) -> Error {
    Error::PoolTimedOut
}
