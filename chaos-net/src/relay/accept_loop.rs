//! The accept loop of a relay: accepts clients, and relays each in its own task.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{ChaosManager, SiteKind};
use tokio::task::{AbortHandle, JoinSet};

use super::listener::Listener;
use super::relay_socket::RelaySocket;
use super::relayed_connection::relay;
use super::upstream::Upstream;
use crate::connection_draws::DelayedSite;

/// The first and the longest backoff after a failed accept.
const FIRST_BACKOFF: Duration = Duration::from_millis(5);
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// A running accept loop. Dropping it closes the listener and all connections.
#[derive(Debug)]
pub(super) struct AcceptLoop {
    listener: Arc<Listener>,
    connections: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl AcceptLoop {
    pub(super) fn start(
        listener: Listener,
        upstream: Upstream,
        chaos: &ChaosManager,
        service: &str,
    ) -> Self {
        let site = DelayedSite {
            site: chaos.register(SiteKind::Stream, service, Support::STREAMS),
            delayed_room: upstream.room(),
        };
        let listener = Arc::new(listener);
        let connections = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(run(
            Arc::clone(&listener),
            Arc::new(upstream),
            site,
            Arc::clone(&connections),
        ));
        Self {
            listener,
            connections,
            task: task.abort_handle(),
        }
    }

    /// Returns how many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }
}

impl Drop for AcceptLoop {
    fn drop(&mut self) {
        self.listener.close();
        // Aborts the connections as well, because the task owns them.
        self.task.abort();
    }
}

/// Counts one open connection.
struct ConnectionCount(Arc<AtomicUsize>);

impl ConnectionCount {
    fn new(connections: &Arc<AtomicUsize>) -> Self {
        connections.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(connections))
    }
}

impl Drop for ConnectionCount {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

async fn run(
    listener: Arc<Listener>,
    upstream: Arc<Upstream>,
    site: DelayedSite,
    connections: Arc<AtomicUsize>,
) {
    let mut tasks = JoinSet::new();
    let mut backoff = FIRST_BACKOFF;
    while let Some(client) = accept(&listener, &mut tasks).await {
        match client {
            Ok(client) => {
                backoff = FIRST_BACKOFF;
                let count = ConnectionCount::new(&connections);
                let (upstream, site) = (Arc::clone(&upstream), site.clone());
                tasks.spawn(async move {
                    relay(client, &upstream, &site).await;
                    drop(count);
                });
            }
            Err(error) if is_client_error(&error) => {}
            Err(_) => {
                // Most likely no file descriptor is left: an immediate retry would spin.
                chaos_core::delay(backoff).await;
                backoff = (backoff * 2).min(LONGEST_BACKOFF);
            }
        }
    }
}

/// Waits for a client, and meanwhile reaps the tasks of closed connections.
async fn accept(listener: &Listener, tasks: &mut JoinSet<()>) -> Option<io::Result<RelaySocket>> {
    poll_fn(|cx| {
        while let Poll::Ready(Some(_)) = tasks.poll_join_next(cx) {}
        listener.poll_accept(cx)
    })
    .await
}

/// True when only this client has failed, not the listener.
fn is_client_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
