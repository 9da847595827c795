//! Connections that nobody has who needs them.

mod watchdog;

use std::collections::HashMap;
use std::future::poll_fn;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use chaos_core::adapter::AdapterWork;
use futures_util::future::join_all;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use tokio::runtime::Handle;

/// Who holds connections of a pool: one task per experiment.
#[derive(Debug, Default)]
pub(crate) struct Holders(Mutex<HashMap<Box<str>, Weak<AdapterWork>>>);

impl Holders {
    /// Takes connections as they come free, until the experiment ends; only the first time that it asks.
    pub(crate) fn hold<DB: Database>(
        &self,
        pool: &Pool<DB>,
        connections: NonZeroU32,
        errand: &Arc<AdapterWork>,
    ) {
        if !self.enter(errand) {
            return;
        }
        let most = connections.get().min(pool.options().get_max_connections());
        // A synchronous `try_acquire` may ask from anywhere; there is nobody to hold anything then.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let work = hold(pool.clone(), most, Arc::clone(errand));
        if let Err(error) = watchdog::spawn(&runtime, Arc::clone(errand), work) {
            tracing::warn!(%error, "no connections are held, because nobody would end it");
        }
    }

    /// Makes this errand the holder of its experiment, unless there is one.
    fn enter(&self, errand: &Arc<AdapterWork>) -> bool {
        let mut holders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An experiment that has ended may have one of the same name after it.
        holders.retain(|_, holder| holder.upgrade().is_some_and(|holder| !holder.has_ended()));
        let is_first = !holders.contains_key(errand.experiment());
        if is_first {
            holders.insert(errand.experiment().into(), Arc::downgrade(errand));
        }
        is_first
    }
}

async fn hold<DB: Database>(pool: Pool<DB>, most: u32, errand: Arc<AdapterWork>) {
    let mut held = Vec::new();
    {
        let mut ended = pin!(errand.ended(Duration::MAX));
        // Who closes a pool waits for all its connections.
        let mut closed = pin!(pool.close_event());
        let mut is_over = poll_fn(|cx| {
            if ended.as_mut().poll(cx).is_ready() || closed.as_mut().poll(cx).is_ready() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        for _ in 0..most {
            tokio::select! {
                biased;
                () = &mut is_over => break,
                connection = keep_trying(&pool) => held.push(connection),
            }
        }
        if held.len() == most as usize {
            is_over.await;
        }
    }
    // Dropping them would give them back a moment later, when the experiment has said that it is over. Each is asked
    // whether it is alive; one that does not answer is closed, and keeps no other waiting.
    let returned = held.iter_mut().map(|connection| {
        let returned = connection.return_to_pool();
        tokio::time::timeout(PATIENCE, returned)
    });
    join_all(returned).await;
}

/// Waits for a connection, longer than the pool would.
async fn keep_trying<DB: Database>(pool: &Pool<DB>) -> PoolConnection<DB> {
    loop {
        match pool.acquire().await {
            Ok(connection) => return connection,
            Err(error) => {
                tracing::debug!(%error, "a connection that was to be held is waited for again");
                chaos_core::delay(BETWEEN_TRIES).await;
            }
        }
    }
}

/// How long a connection that is given back may take to say that it is alive.
const PATIENCE: Duration = Duration::from_secs(1);

/// So that errors that come at once are not asked for in a tight loop.
const BETWEEN_TRIES: Duration = Duration::from_millis(10);
