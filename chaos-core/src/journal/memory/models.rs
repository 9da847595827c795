//! Models of the memory, checked under every interleaving of a few threads.

use loom::sync::Arc;
use loom::thread;

use super::{Added, Memory};
use crate::journal::{Event, JournalItem, JournalPage};

/// Adds entries on as many other threads.
fn adding(memory: &Arc<Memory>, threads: usize) -> Vec<thread::JoinHandle<Added>> {
    let add = |_| {
        let memory = Arc::clone(memory);
        thread::spawn(move || memory.add(Event::Lost { entries: 1 }))
    };
    (0..threads).map(add).collect()
}

fn numbers(page: &JournalPage) -> Vec<u64> {
    let number = |item: &JournalItem| match item {
        JournalItem::Entry(entry) => entry.number,
        JournalItem::Gap { .. } => panic!("{page:?}"),
    };
    page.items.iter().map(number).collect()
}

#[test]
fn a_reader_gets_every_number_once_and_in_order() {
    loom::model(|| {
        let memory = Arc::new(Memory::bounded(8));
        let adding = adding(&memory, 2);
        let early = memory.since(0);
        let mut added: Vec<_> = adding
            .into_iter()
            .map(|thread| thread.join().unwrap().entry.number)
            .collect();
        let late = memory.since(early.next);
        assert_eq!([numbers(&early), numbers(&late)].concat(), [0, 1]);
        assert_eq!(late.next, 2);
        added.sort_unstable();
        assert_eq!(added, [0, 1]);
    });
}

#[test]
fn a_reader_that_has_to_wait_is_awaited_by_one_entry() {
    loom::model(|| {
        let memory = Arc::new(Memory::bounded(8));
        let adding = adding(&memory, 2);
        let reached = memory.has_reached(0);
        let awaited = adding
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .filter(|added| added.awaited)
            .count();
        assert_eq!(awaited, usize::from(!reached));
    });
}
