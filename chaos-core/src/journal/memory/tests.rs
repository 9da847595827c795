use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::*;
use crate::journal::{Injected, JournalItem};
use crate::{FaultKind, Phase, SiteKind};

fn injected() -> Event {
    Event::Injected(Injected {
        experiment: String::new(),
        service: String::new(),
        kind: SiteKind::Point,
        operation: String::new(),
        fault: FaultKind::Error,
        phase: Phase::Before,
        key: None,
        attempt: 1,
        delay: Duration::ZERO,
        failure: None,
        dry_run: false,
    })
}

/// A memory with these entries: `i` for an injection, any other character for another event.
fn holding(bound: usize, events: &str) -> Memory {
    let memory = Memory::bounded(bound);
    for event in events.chars() {
        memory.add(match event {
            'i' => injected(),
            _ => lifecycle(),
        });
    }
    memory
}

/// What a page says of each range of numbers: `+` for entries, `-` for gaps.
fn outline(page: &JournalPage) -> String {
    let outline = |item: &JournalItem| match item {
        JournalItem::Entry(entry) => format!("+{}", entry.number),
        JournalItem::Gap { first, last } => format!("-{first}..{last}"),
    };
    let items: Vec<_> = page.items.iter().map(outline).collect();
    format!("{} next {}", items.join(" "), page.next)
}

/// An event that is no injection.
fn lifecycle() -> Event {
    Event::WatchingHaltFile {
        path: String::new(),
    }
}

#[test]
fn injections_push_out_no_other_event() {
    let memory = holding(8, &format!("s{}h", "i".repeat(5_000)));
    let numbers: Vec<_> = memory.entries().iter().map(|entry| entry.number).collect();
    assert_eq!(
        numbers,
        [&[0], &(4_993..=5_001).collect::<Vec<_>>()[..]].concat()
    );
}

#[test]
fn other_events_push_out_no_injection() {
    let memory = holding(8, &format!("i{}", "s".repeat(2_000)));
    let page = memory.since(0);
    assert!(outline(&page).starts_with("+0 -1..976 +977 "));
    assert_eq!(memory.entries().len(), 1_025);
}

#[test]
fn gaps_are_exactly_what_is_no_longer_kept() {
    let memory = holding(2, "siiisiis");
    for (from, expected) in [
        (0, "+0 -1..3 +4 +5 +6 +7 next 8"),
        (1, "-1..3 +4 +5 +6 +7 next 8"),
        (2, "-2..3 +4 +5 +6 +7 next 8"),
        (3, "-3..3 +4 +5 +6 +7 next 8"),
        (4, "+4 +5 +6 +7 next 8"),
        (6, "+6 +7 next 8"),
    ] {
        assert_eq!(outline(&memory.since(from)), expected);
    }
    assert_eq!(
        outline(&holding(1, "isis").since(0)),
        "-0..0 +1 +2 +3 next 4"
    );
}

#[test]
fn injections_that_are_not_kept_are_gaps_up_to_the_latest() {
    assert_eq!(outline(&holding(0, "sii").since(0)), "+0 -1..2 next 3");
    assert_eq!(outline(&holding(0, "iis").since(0)), "-0..1 +2 next 3");
}

#[test]
fn a_number_without_an_entry_yet_begins_an_empty_page() {
    for from in [3, 4, u64::MAX] {
        let page = holding(8, "sis").since(from);
        assert!(page.is_empty());
        assert_eq!(page.next, from);
    }
}

#[test]
fn pages_are_bounded_and_follow_each_other() {
    let memory = holding(1_000, &format!("i{}", "si".repeat(256)));
    let mut numbers = Vec::new();
    let mut next = 0;
    for expected in [256, 256, 1, 0] {
        let page = memory.since(next);
        assert_eq!(page.items.len(), expected);
        numbers.extend(page.entries().map(|entry| entry.number));
        next = page.next;
    }
    assert_eq!(numbers, (0..513).collect::<Vec<_>>());
}

#[test]
fn a_full_page_reports_no_entry_of_the_next_as_lost() {
    let memory = holding(300, &"i".repeat(300));
    let page = memory.since(0);
    assert_eq!((page.items.len(), page.next), (256, 256));
}

#[test]
fn a_suspended_reader_delays_no_entry_and_costs_bounded_memory() {
    let memory = holding(20_000, "s");
    let reading = memory.rings.lock().unwrap();
    for _ in 0..10_000 {
        memory.add(injected());
    }
    memory.add(lifecycle());
    drop(reading);
    let last = memory.since(8_100);
    assert!(outline(&last).ends_with("+8192 -8193..10000 +10001 next 10002"));
    assert_eq!(memory.entries().len(), 8_194);
}

#[test]
fn only_the_entry_after_a_reader_has_to_wait_is_awaited() {
    let memory = holding(8, "s");
    assert!(memory.has_reached(0));
    assert!(!memory.add(lifecycle()).awaited);
    assert!(!memory.has_reached(2));
    assert!(memory.add(lifecycle()).awaited);
    assert!(!memory.add(lifecycle()).awaited);
}

#[test]
fn readers_beside_writers_miss_nothing_and_report_no_late_entry_as_lost() {
    const EACH: usize = 5_000;
    let memory = Memory::bounded(2 * EACH);
    let writing = AtomicUsize::new(3);
    thread::scope(|threads| {
        for event in [injected, injected, lifecycle] {
            // Events other than injections are fewer than the memory keeps.
            let times = if event() == lifecycle() { 1_000 } else { EACH };
            let (memory, writing) = (&memory, &writing);
            threads.spawn(move || {
                for _ in 0..times {
                    memory.add(event());
                }
                writing.fetch_sub(1, Ordering::Release);
            });
        }
        for _ in 0..2 {
            threads.spawn(|| {
                let mut seen = 0;
                loop {
                    let done = writing.load(Ordering::Acquire) == 0;
                    let page = memory.since(seen);
                    for item in &page.items {
                        assert!(
                            matches!(item, JournalItem::Entry(entry) if entry.number == seen),
                            "{item:?} after {seen}"
                        );
                        seen += 1;
                    }
                    assert_eq!(page.next, seen);
                    if done && page.is_empty() {
                        break assert_eq!(seen, 2 * EACH as u64 + 1_000);
                    }
                }
            });
        }
    });
}
