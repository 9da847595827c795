//! The live feed: the journal in batches, which are written once for all subscribers.

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use chaos_core::ChaosManager;
use chaos_core::journal::{JournalItem, JournalPage};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};

/// The pause between two batches.
const EVERY: Duration = Duration::from_millis(100);

/// The batches that a subscriber may be behind before it misses some.
const BACKLOG: usize = 16;

/// The pause after which a silent feed says that it is still there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Writes batches while there is a subscriber.
#[derive(Debug, Default)]
pub(crate) struct Feed(Mutex<Weak<broadcast::Sender<Batch>>>);

/// The entries from one number up to another, as server-sent events.
#[derive(Debug, Clone)]
struct Batch {
    first: u64,
    next: u64,
    text: Bytes,
}

impl Feed {
    /// Subscribes to all entries from a number on; the feed ends when the receiver is dropped.
    ///
    /// It must be called in the runtime that serves the API.
    pub(crate) fn subscribe(&self, chaos: &ChaosManager, from: u64) -> mpsc::Receiver<Bytes> {
        let batches = Subscription::to(self.batches(chaos));
        let (text, received) = mpsc::channel(1);
        tokio::spawn(pump(chaos.clone(), from, batches, text));
        received
    }

    fn batches(&self, chaos: &ChaosManager) -> Arc<broadcast::Sender<Batch>> {
        let mut current = self.lock();
        if let Some(batches) = current.upgrade() {
            return batches;
        }
        let batches = Arc::new(broadcast::channel(BACKLOG).0);
        *current = Arc::downgrade(&batches);
        tokio::spawn(write_batches(chaos.clone(), Weak::clone(&current)));
        batches
    }

    fn lock(&self) -> MutexGuard<'_, Weak<broadcast::Sender<Batch>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A subscription, which keeps the batches coming.
struct Subscription {
    batches: broadcast::Receiver<Batch>,
    _sender: Arc<broadcast::Sender<Batch>>,
}

impl Subscription {
    fn to(batches: Arc<broadcast::Sender<Batch>>) -> Self {
        Self {
            batches: batches.subscribe(),
            _sender: batches,
        }
    }
}

/// Writes the journal in batches until the last subscription is gone.
async fn write_batches(chaos: ChaosManager, batches: Weak<broadcast::Sender<Batch>>) {
    let mut first = next_number(&chaos);
    while batches.strong_count() > 0 {
        // A journal in which nothing happens must not keep this task for ever.
        let waited = tokio::time::timeout(HEARTBEAT, chaos.journal_reached(first)).await;
        if waited.is_err() {
            continue;
        }
        let mut text = String::new();
        let next = write_pages(&chaos, first, &mut text);
        let Some(batches) = batches.upgrade() else {
            return;
        };
        let text = Bytes::from(text);
        // Without a receiver there is nothing to send.
        let _ = batches.send(Batch { first, next, text });
        first = next;
        drop(batches);
        tokio::time::sleep(EVERY).await;
    }
}

/// Passes batches on to one subscriber, at its pace.
async fn pump(
    chaos: ChaosManager,
    mut next: u64,
    mut subscription: Subscription,
    text: mpsc::Sender<Bytes>,
) {
    // What was recorded before the first batch.
    loop {
        let page = chaos.journal_since(next);
        if page.is_empty() {
            break;
        }
        let mut written = String::new();
        write_page(&page, &mut written);
        next = page.next;
        if text.send(written.into()).await.is_err() {
            return;
        }
    }
    loop {
        let received = tokio::select! {
            received = tokio::time::timeout(HEARTBEAT, subscription.batches.recv()) => received,
            () = text.closed() => return,
        };
        let written = match received {
            Err(_) => Bytes::from_static(b": still here\n\n"),
            Ok(Err(RecvError::Closed)) => return,
            // The next batch shows how much is missing.
            Ok(Err(RecvError::Lagged(_))) => continue,
            Ok(Ok(batch)) => match after(&chaos, next, &batch) {
                Some((written, reached)) => {
                    next = reached;
                    written
                }
                None => continue,
            },
        };
        if text.send(written).await.is_err() {
            return;
        }
    }
}

/// What follows on a number when a batch arrives, after a gap if it begins later, and the number that this reaches.
fn after(chaos: &ChaosManager, next: u64, batch: &Batch) -> Option<(Bytes, u64)> {
    if batch.next <= next {
        return None;
    }
    if batch.first == next {
        return Some((batch.text.clone(), batch.next));
    }
    let mut text = String::new();
    if batch.first < next {
        // Its beginning was sent already; the journal may have gone on beyond its end.
        let reached = write_pages(chaos, next, &mut text);
        return Some((text.into(), reached));
    }
    write_gap(next, batch.first - 1, &mut text);
    text.push_str(std::str::from_utf8(&batch.text).unwrap_or_default());
    Some((text.into(), batch.next))
}

/// The number of the next entry.
pub(crate) fn next_number(chaos: &ChaosManager) -> u64 {
    chaos.overview().journal_next
}

fn write_pages(chaos: &ChaosManager, mut next: u64, text: &mut String) -> u64 {
    loop {
        let page = chaos.journal_since(next);
        if page.is_empty() {
            return next;
        }
        write_page(&page, text);
        next = page.next;
    }
}

fn write_page(page: &JournalPage, text: &mut String) {
    for item in &page.items {
        match item {
            JournalItem::Entry(entry) => {
                let Ok(json) = serde_json::to_string(&**entry) else {
                    continue;
                };
                let _ = write!(text, "id: {}\nevent: entry\ndata: {json}\n\n", entry.number);
            }
            JournalItem::Gap { first, last } => write_gap(*first, *last, text),
            _ => {}
        }
    }
}

fn write_gap(first: u64, last: u64, text: &mut String) {
    let _ = write!(
        text,
        "id: {last}\nevent: gap\ndata: {{\"first\":{first},\"last\":{last}}}\n\n"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_whose_beginning_was_sent_is_continued_without_repeating_an_entry() {
        let chaos = ChaosManager::new();
        for _ in 0..5 {
            chaos.halt();
            chaos.resume();
        }
        let batch = Batch {
            first: 0,
            next: 5,
            text: Bytes::new(),
        };
        let (text, reached) = after(&chaos, 3, &batch).unwrap();
        let text = std::str::from_utf8(&text).unwrap();
        let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
        let ids: Vec<u64> = ids.map(|id| id.parse().unwrap()).collect();
        assert_eq!(ids, (3..reached).collect::<Vec<_>>());
    }
}
