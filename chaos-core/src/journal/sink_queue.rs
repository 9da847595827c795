//! The bounded queue in front of a sink, and the thread that empties it.
//!
//! Recording an entry never waits for a sink: a full queue loses the entry, and the sink is notified of the number
//! lost as soon as it takes entries again.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tracing::{Dispatch, dispatcher};

use super::{Event, JournalEntry, JournalSink};
use crate::contain::contain;
use crate::metrics;
use crate::waiters::Waiters;

/// The number of entries that wait for a sink at most.
pub(super) const BOUND: usize = 8_192;

/// Passes entries to one sink, on a thread that starts with the first entry.
pub(super) struct SinkQueue(Arc<Shared>);

struct Shared {
    /// Taken by the thread: the last handle of a sink must not go on any other.
    sink: Mutex<Option<Arc<dyn JournalSink>>>,
    state: Mutex<State>,
    changed: Condvar,
    delivered: Waiters,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    pushed: u64,
    delivered: u64,
    lost: Option<Lost>,
    lost_in_all: u64,
    thread: Thread,
}

#[derive(Default, PartialEq)]
enum Thread {
    #[default]
    Missing,
    Started,
    /// It ends once the queue is empty.
    Ending,
}

enum Item {
    /// An entry, with the subscriber that was current where it was recorded, if there was one in the process.
    Entry(Arc<JournalEntry>, Option<Dispatch>),
    Flush,
}

/// A flush that was begun.
pub(super) struct Flush(u64);

/// The entries that did not fit.
struct Lost {
    first: u64,
    entries: u64,
}

impl SinkQueue {
    pub(super) fn new(sink: Arc<dyn JournalSink>) -> Self {
        Self(Arc::new(Shared {
            sink: Mutex::new(Some(sink)),
            state: Mutex::default(),
            changed: Condvar::new(),
            delivered: Waiters::default(),
        }))
    }

    /// Adds an entry, or counts it as lost if the queue is full.
    pub(super) fn push(&self, entry: &Arc<JournalEntry>) {
        // To enter the absence of any could switch callsites off for good.
        let current = dispatcher::has_been_set().then(|| dispatcher::get_default(Dispatch::clone));
        let item = Item::Entry(Arc::clone(entry), current);
        let mut state = self.0.state();
        if state.items.len() >= BOUND {
            let lost = state.lost.get_or_insert(Lost {
                first: entry.number,
                entries: 0,
            });
            lost.entries += 1;
            state.lost_in_all += 1;
            drop(state);
            // The last handle of a subscriber may go with it, so this happens outside the lock.
            drop(item);
            return;
        }
        self.0.add(state, item);
    }

    /// The number of entries that it lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.0.state().lost_in_all
    }

    /// Has the sink store its entries, without waiting for that.
    pub(super) fn begin_flush(&self) -> Flush {
        Flush(self.0.add(self.0.state(), Item::Flush))
    }

    /// Waits for a flush; returns false if that took too long.
    pub(super) fn wait(&self, Flush(goal): Flush, at_most: Duration) -> bool {
        let state = self.0.state();
        let waited = self
            .0
            .changed
            .wait_timeout_while(state, at_most, |state| state.delivered < goal);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.delivered >= goal
    }

    /// Returns once the sink has taken, and stored, all entries so far.
    pub(super) async fn flushed(&self) {
        let goal = self.0.add(self.0.state(), Item::Flush);
        loop {
            // Created before the check, so that a delivery in between is not missed.
            let delivered = self.0.delivered.notified();
            if self.0.state().delivered >= goal {
                return;
            }
            delivered.await;
        }
    }
}

impl Drop for SinkQueue {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.thread == Thread::Started {
            state.thread = Thread::Ending;
        }
        drop(state);
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an item and returns its number.
    fn add(self: &Arc<Self>, mut state: MutexGuard<'_, State>, item: Item) -> u64 {
        state.items.push_back(item);
        state.pushed += 1;
        let number = state.pushed;
        let missing = state.thread == Thread::Missing;
        if missing {
            state.thread = Thread::Started;
        }
        drop(state);
        if missing {
            self.start();
        } else {
            self.changed.notify_all();
        }
        number
    }

    fn start(self: &Arc<Self>) {
        let shared = Arc::clone(self);
        let started = std::thread::Builder::new()
            .name("chaos-journal".to_owned())
            .spawn(move || shared.run());
        if started.is_err() {
            // The next item tries again.
            self.state().thread = Thread::Missing;
        }
    }

    fn run(&self) {
        let sink = self
            .sink
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(sink) = sink else {
            return;
        };
        while let Some((item, lost)) = self.next() {
            if let Some(lost) = lost {
                contain(|| Self::report(&*sink, &lost));
            }
            contain(|| Self::deliver(&*sink, item));
            self.state().delivered += 1;
            self.changed.notify_all();
            self.delivered.notify_waiters();
        }
        // A thread whose panic can't be dropped would abort the process.
        let _ = contain(move || drop(sink));
    }

    /// Waits for the next item; `None` once the journal is gone and the queue is empty.
    fn next(&self) -> Option<(Item, Option<Lost>)> {
        let mut state = self.state();
        loop {
            if let Some(item) = state.items.pop_front() {
                return Some((item, state.lost.take()));
            }
            if state.thread == Thread::Ending {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn deliver(sink: &dyn JournalSink, item: Item) {
        match item {
            Item::Entry(entry, None) => sink.record(&entry),
            Item::Entry(entry, Some(subscriber)) => {
                dispatcher::with_default(&subscriber, || sink.record(&entry));
            }
            Item::Flush => sink.flush(),
        }
    }

    fn report(sink: &dyn JournalSink, lost: &Lost) {
        let entries = lost.entries;
        // A recorder that hangs must not keep entries from the sink.
        metrics::later(move || metrics::lost(entries));
        sink.record(&JournalEntry {
            number: lost.first,
            at: SystemTime::now(),
            event: Event::Lost {
                entries: lost.entries,
            },
        });
    }
}

#[cfg(test)]
#[path = "sink_queue_tests.rs"]
mod tests;
