//! Which entries memory and sinks get.

use std::sync::{Arc, Mutex};

use chaos_core::{ChaosManager, EndReason, Event, JournalEntry, JournalSink};

use crate::{broken, reserve};

/// Keeps all entries and counts flushes.
#[derive(Clone, Default)]
struct Kept {
    entries: Arc<Mutex<Vec<JournalEntry>>>,
    flushes: Arc<Mutex<usize>>,
}

impl JournalSink for Kept {
    fn record(&self, entry: &JournalEntry) {
        self.entries.lock().unwrap().push(entry.clone());
    }

    fn flush(&self) {
        *self.flushes.lock().unwrap() += 1;
    }
}

#[tokio::test]
async fn memory_keeps_the_latest_injections() {
    let chaos = ChaosManager::builder().keep_entries(3).build();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    for _ in 0..5 {
        assert!(reserve(&site).await);
    }
    let numbers: Vec<u64> = chaos.journal().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [0, 3, 4, 5]);

    let none = ChaosManager::builder().keep_entries(0).build();
    let site = none.site("pms");
    let _guard = none.start(broken("a")).unwrap();
    assert!(reserve(&site).await);
    assert!(matches!(
        none.journal()[..],
        [JournalEntry {
            event: Event::Started { .. },
            ..
        }]
    ));
}

#[tokio::test]
async fn a_custom_sink_receives_the_same_entries_as_memory() {
    let kept = Kept::default();
    let chaos = ChaosManager::builder().journal_to(kept.clone()).build();
    let site = chaos.site("pms");
    let guard = chaos.start(broken("a")).unwrap();
    assert!(reserve(&site).await);
    drop(guard);
    chaos.halt();
    chaos.resume();
    chaos.flushed().await;
    let entries = kept.entries.lock().unwrap().clone();
    assert_eq!(entries, chaos.journal());
    assert!(entries.is_sorted_by(|one, next| one.number + 1 == next.number && one.at <= next.at));
    let events: Vec<&Event> = entries.iter().map(|entry| &entry.event).collect();
    assert!(
        matches!(
            &events[..],
            [
                Event::Started { .. },
                Event::Injected(_),
                Event::Ended {
                    injected: 1,
                    reason: EndReason::Dropped,
                    ..
                },
                Event::Halted { .. },
                Event::Resumed { .. }
            ]
        ),
        "{events:?}"
    );
}

#[test]
fn a_resumption_without_a_halt_is_no_event() {
    let chaos = ChaosManager::new();
    chaos.resume();
    assert!(chaos.journal().is_empty());
}

#[test]
fn entries_of_several_threads_have_consecutive_numbers() {
    let chaos = ChaosManager::builder().keep_entries(100_000).build();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..2_000 {
                    assert!(site.point_blocking("reserve").is_err());
                }
            });
        }
    });
    let numbers: Vec<u64> = chaos.journal().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (0..8_001).collect::<Vec<_>>());
}
