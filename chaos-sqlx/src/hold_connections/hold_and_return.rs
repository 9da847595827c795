//! The task that takes connections, holds them, and returns them to their pool.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use chaos_core::adapter::AdapterWork;
use futures_util::future::join_all;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};

/// How long the pool may test a connection that is returned; one that does not reply in time is closed.
pub(super) const RETURN_TIMEOUT: Duration = Duration::from_secs(1);

/// The pause after a failed attempt, which may have failed at once.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Takes connections as they become free, and returns them when the experiment ends or the pool is closed.
pub(super) async fn hold_and_return<DB: Database>(
    pool: Pool<DB>,
    count: u32,
    work: Arc<AdapterWork>,
) {
    let mut held = Vec::new();
    {
        let mut ended = pin!(work.ended(Duration::MAX));
        // `Pool::close` waits for all connections.
        let mut closed = pin!(pool.close_event());
        let mut is_over = poll_fn(|cx| {
            if ended.as_mut().poll(cx).is_ready() || closed.as_mut().poll(cx).is_ready() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        for _ in 0..count {
            tokio::select! {
                biased;
                () = &mut is_over => break,
                connection = acquire_with_retries(&pool) => held.push(connection),
            }
        }
        if held.len() == count as usize {
            work.report_held();
            is_over.await;
        }
    }
    // A dropped connection would be back only after the experiment has reported its end. All at once, so that one
    // without a reply does not delay the others.
    let returned = held.iter_mut().map(|connection| {
        let returned = connection.return_to_pool();
        tokio::time::timeout(RETURN_TIMEOUT, returned)
    });
    join_all(returned).await;
}

/// Acquires a connection, however often the pool times out.
async fn acquire_with_retries<DB: Database>(pool: &Pool<DB>) -> PoolConnection<DB> {
    loop {
        match pool.acquire().await {
            Ok(connection) => return connection,
            Err(error) => {
                tracing::debug!(%error, "no connection to hold yet");
                chaos_core::delay(RETRY_INTERVAL).await;
            }
        }
    }
}
