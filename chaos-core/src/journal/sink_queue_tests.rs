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

fn flush(queue: &SinkQueue, at_most: Duration) -> bool {
    queue.wait(queue.begin_flush(), at_most)
}

fn entry(number: u64) -> Arc<JournalEntry> {
    Arc::new(JournalEntry {
        number,
        at: SystemTime::now(),
        event: Event::Resumed {
            attribution: crate::Actor::Code.into(),
        },
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
    assert!(!flush(&queue, Duration::ZERO), "the sink still hangs");
    drop(let_go);
    let report = entries.recv_timeout(FOREVER).unwrap();
    assert_eq!(report.event, Event::Lost { entries: 7 });
    assert_eq!(report.number, bound + 1, "the first of those lost");
    for number in 1..=bound {
        assert_eq!(entries.recv_timeout(FOREVER).unwrap().number, number);
    }
    assert!(flush(&queue, FOREVER));
    assert!(entries.try_recv().is_err(), "reported once");
    assert_eq!(queue.lost(), 7);
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
    let mut taken = Vec::new();
    let end = loop {
        match entries.recv_timeout(FOREVER) {
            Ok(entry) => taken.push(entry.number),
            Err(end) => break end,
        }
    };
    assert_eq!(end, std::sync::mpsc::RecvTimeoutError::Disconnected);
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

/// Reports each flush.
struct Flushed(Mutex<Sender<()>>);

impl JournalSink for Flushed {
    fn record(&self, _entry: &JournalEntry) {}

    fn flush(&self) {
        self.0.lock().unwrap().send(()).unwrap();
    }
}

/// Flushes once another sink has been flushed.
struct FlushesAfter(Mutex<Receiver<()>>);

impl JournalSink for FlushesAfter {
    fn record(&self, _entry: &JournalEntry) {}

    fn flush(&self) {
        let _ = self.0.lock().unwrap().recv();
    }
}

#[test]
fn a_sink_that_hangs_in_a_flush_takes_no_time_from_the_others() {
    let (flushed, is_flushed) = channel();
    let journal = crate::journal::Journal::new(
        0,
        vec![
            Arc::new(FlushesAfter(Mutex::new(is_flushed))),
            Arc::new(Flushed(Mutex::new(flushed))),
        ],
    );
    assert!(journal.flush(FOREVER));
}

/// Reports the thread on which it is dropped.
struct ReportsDrop(Sender<Option<String>>);

impl JournalSink for ReportsDrop {
    fn record(&self, _entry: &JournalEntry) {}
}

impl Drop for ReportsDrop {
    fn drop(&mut self) {
        let name = std::thread::current().name().map(str::to_owned);
        self.0.send(name).unwrap();
    }
}

#[test]
fn a_sink_is_dropped_on_its_own_thread_whoever_drops_the_queue_last() {
    let (report, dropped) = channel();
    let queue = SinkQueue::new(Arc::new(ReportsDrop(report)));
    assert!(flush(&queue, FOREVER));
    // Stands for a thread that has not finished dropping the queue.
    let last = Arc::clone(&queue.0);
    drop(queue);
    let thread = dropped.recv_timeout(FOREVER);
    assert_eq!(thread, Ok(Some("chaos-journal".to_owned())));
    drop(last);
}
