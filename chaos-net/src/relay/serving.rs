//! The tasks of a relay.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{ChaosManager, Site, SiteKind};
use tokio::task::{AbortHandle, JoinSet};

use super::carrying::carry;
use super::door::Door;
use super::link::Link;
use super::upstream::Upstream;

/// The first wait after clients could not be let in, and the longest.
const BACK_OFF: Duration = Duration::from_millis(5);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(1);

/// A relay at work: dropping it closes its door and all that it carries.
#[derive(Debug)]
pub(super) struct Serving {
    door: Arc<Door>,
    open: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Serving {
    pub(super) fn start(
        door: Door,
        upstream: Upstream,
        chaos: &ChaosManager,
        service: &str,
    ) -> Self {
        let site = chaos.register(SiteKind::Stream, service, Support::STREAMS);
        let door = Arc::new(door);
        let open = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(serve(
            Arc::clone(&door),
            Arc::new(upstream),
            site,
            Arc::clone(&open),
        ));
        Self {
            door,
            open,
            task: task.abort_handle(),
        }
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.door.close();
        // What it carries goes with it.
        self.task.abort();
    }
}

/// Counts as an open connection.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(open))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

async fn serve(door: Arc<Door>, upstream: Arc<Upstream>, site: Site, open: Arc<AtomicUsize>) {
    let mut carried = JoinSet::new();
    let mut back_off = BACK_OFF;
    while let Some(client) = next_client(&door, &mut carried).await {
        match client {
            Ok(client) => {
                back_off = BACK_OFF;
                let counted = Counted::new(&open);
                let (upstream, site) = (Arc::clone(&upstream), site.clone());
                carried.spawn(async move {
                    carry(client, &upstream, &site).await;
                    drop(counted);
                });
            }
            Err(error) if is_the_clients(&error) => {}
            Err(_) => {
                // No descriptors, most likely: asking at once would only ask again and again.
                chaos_core::delay(back_off).await;
                back_off = (back_off * 2).min(LONGEST_BACK_OFF);
            }
        }
    }
}

/// Waits for a client, and meanwhile forgets the connections that are over.
async fn next_client(door: &Door, carried: &mut JoinSet<()>) -> Option<io::Result<Link>> {
    poll_fn(|cx| {
        while let Poll::Ready(Some(_)) = carried.poll_join_next(cx) {}
        door.poll_accept(cx)
    })
    .await
}

/// Whether only this one client has gone.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
