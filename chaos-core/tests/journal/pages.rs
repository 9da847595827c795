//! Reading the journal by number.

use chaos_core::journal::{JournalItem, JournalPage};
use chaos_core::{ChaosManager, Event};

use crate::{broken, reserve};

#[tokio::test]
async fn a_start_is_kept_however_many_injections_follow() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = chaos.start(broken("a")).unwrap();
    for _ in 0..1_050 {
        assert!(reserve(&site).await);
    }
    drop(guard);
    let page = chaos.journal_since(0);
    let [
        JournalItem::Entry(start),
        gap,
        JournalItem::Entry(oldest),
        ..,
    ] = &page.items[..]
    else {
        panic!("{page:?}");
    };
    assert!(matches!(start.event, Event::Started { .. }));
    assert_eq!(*gap, JournalItem::Gap { first: 1, last: 26 });
    assert!(matches!(oldest.event, Event::Injected(_)));
    assert_eq!(oldest.number, 27);
    let events: Vec<_> = chaos.journal().into_iter().map(|one| one.event).collect();
    assert!(matches!(events[0], Event::Started { .. }));
    assert!(matches!(events.last(), Some(Event::Ended { .. })));
    assert_eq!(events.len(), 1_026);
}

#[tokio::test]
async fn pages_one_after_the_other_are_the_whole_journal() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    for _ in 0..600 {
        assert!(reserve(&site).await);
    }
    let mut entries = Vec::new();
    let mut next = 0;
    loop {
        let page = chaos.journal_since(next);
        if page.is_empty() {
            break;
        }
        assert!(page.items.len() <= JournalPage::MAX_ENTRIES);
        entries.extend(page.entries().cloned());
        next = page.next;
    }
    assert_eq!(entries, chaos.journal());
    assert_eq!(next, 601);
}

#[tokio::test]
async fn a_page_is_data_that_reads_back_unchanged() {
    let chaos = ChaosManager::builder().keep_entries(1).build();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    for _ in 0..2 {
        assert!(reserve(&site).await);
    }
    let page = chaos.journal_since(0);
    assert_eq!(page.items.len(), 3);
    let text = serde_json::to_string(&page).unwrap();
    assert!(text.contains(r#"{"gap":{"first":1,"last":1}}"#), "{text}");
    assert!(text.ends_with(r#""next":3}"#), "{text}");
    assert_eq!(serde_json::from_str::<JournalPage>(&text).unwrap(), page);
}
