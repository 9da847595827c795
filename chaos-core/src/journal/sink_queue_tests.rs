//! A sink that hangs, panics or is slow.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// A bound against hanging, which judges no speed.
const FOREVER: Duration = Duration::from_secs(60);

/// Hands each entry over, and waits to be let go.
struct Rendezvous {
    taken: Mutex<Sender<JournalEntry>>,
    go: Mutex<Receiver<()>>,
}

impl JournalSink for Rendezvous {
    fn record(&self, entry: &JournalEntry) {
        self.taken.lock().unwrap().send(entry.clone()).unwrap();
        let _ = self.go.lock().unwrap().recv();
    }
}

fn rendezvous() -> (SinkQueue, Receiver<JournalEntry>, Sender<()>) {
    let (taken, entries) = channel();
    let (let_go, go) = channel();
    let sink = Rendezvous {
        taken: Mutex::new(taken),
        go: Mutex::new(go),
    };
    (SinkQueue::new(Arc::new(sink)), entries, let_go)
}

fn entry(number: u64) -> Arc<JournalEntry> {
    Arc::new(JournalEntry {
        number,
        at: SystemTime::now(),
        event: Event::Resumed,
    })
}

#[test]
fn entries_that_do_not_fit_are_counted_and_reported_to_their_sink() {
    let (queue, entries, let_go) = rendezvous();
    queue.push(&entry(0));
    assert_eq!(entries.recv_timeout(FOREVER).unwrap().number, 0);
    let bound = BOUND as u64;
    for number in 1..=bound + 7 {
        queue.push(&entry(number));
    }
    assert!(!queue.flush(Duration::ZERO), "the sink still hangs");
    drop(let_go);
    let report = entries.recv_timeout(FOREVER).unwrap();
    assert_eq!(report.event, Event::Lost { entries: 7 });
    assert_eq!(report.number, bound + 1, "the first of those lost");
    for number in 1..=bound {
        assert_eq!(entries.recv_timeout(FOREVER).unwrap().number, number);
    }
    assert!(queue.flush(FOREVER));
    assert!(entries.try_recv().is_err(), "reported once");
}

#[test]
fn the_thread_ends_with_the_journal_after_the_entries_before() {
    let (queue, entries, let_go) = rendezvous();
    drop(let_go);
    for number in 0..100 {
        queue.push(&entry(number));
    }
    drop(queue);
    // Until the sink is dropped, which its thread does last.
    let taken: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
    assert_eq!(taken, (0..100).collect::<Vec<_>>());
}

/// Panics at each entry, with a payload that panics again when it is dropped.
struct Panicking(Mutex<Sender<u64>>);

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("in the drop of a payload");
    }
}

impl JournalSink for Panicking {
    fn record(&self, entry: &JournalEntry) {
        self.0.lock().unwrap().send(entry.number).unwrap();
        std::panic::panic_any(PanicsOnDrop);
    }
}

#[test]
fn a_sink_that_panics_gets_the_next_entries() {
    let (taken, entries) = channel();
    let queue = SinkQueue::new(Arc::new(Panicking(Mutex::new(taken))));
    for number in 0..3 {
        queue.push(&entry(number));
        assert_eq!(entries.recv_timeout(FOREVER), Ok(number));
    }
}
