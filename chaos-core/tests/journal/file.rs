//! Entries in a file of JSON lines.

use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::{
    BlastRadius, ChaosManager, Condition, Consent, EndReason, Experiment, Fault, JournalEntry,
    JsonLines, Scope, SiteKind,
};

use crate::broken;

#[tokio::test(start_paused = true)]
async fn a_file_of_json_lines_reads_back_unchanged() {
    let path = std::env::temp_dir().join(format!("journal-{}.jsonl", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let build = || {
        ChaosManager::builder()
            .seed(u64::MAX)
            .journal_to(JsonLines::append(&path).unwrap())
            .build()
    };
    let mut written = Vec::new();
    {
        let chaos = build();
        let server = chaos.register(SiteKind::Server, "orders", Support::CALLS);
        let site = chaos.site("pms");
        let odd = Duration::new(1, 234_567_891);
        let aborted = broken("a \"quoted\"\nname")
            .fault(Fault::latency(odd))
            .owner("ann")
            .consent_to_production(Consent::by("ann").unwrap().because("a game day"))
            .abort_when(Condition::consecutive_failures(1).at("pms"));
        let guard = chaos.start(aborted).unwrap();
        guard.on_end(|| panic!("an undo that fails"));
        let scope = Scope::new("order-7");
        let held = Experiment::new("0 slow")
            .fault(Fault::latency(odd))
            .blast_radius(BlastRadius::points_at("pms"));
        let _held = chaos.start(held).unwrap();
        let call = async {
            site.around("reserve", async { Ok::<_, std::io::Error>(1) })
                .await
        };
        scope.enter(call).await.unwrap_err();
        assert!(matches!(guard.ended(), Some(EndReason::Aborted(_))));
        drop(guard);
        chaos.start(Experiment::new("no fault")).unwrap_err();
        let _unmatched = chaos
            .start(broken("b").blast_radius(BlastRadius::calls_to("pmss")))
            .unwrap();
        chaos.register(SiteKind::Client, "pmss", Support::NONE);
        chaos.halt();
        chaos.halted().await;
        chaos.resume();
        drop(server);
        written.extend(chaos.journal());
    }
    {
        let chaos = build();
        drop(chaos.start(broken("later")).unwrap());
        written.extend(chaos.journal());
    }
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut read: Vec<JournalEntry> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // Entries of other threads may be written out of order.
    let second_manager = read.iter().rposition(|entry| entry.number == 0).unwrap();
    read[..second_manager].sort_by_key(|entry| entry.number);
    assert_eq!(read, written);
    let has = |tag: &str| text.contains(&format!("\"event\":\"{tag}\""));
    for tag in [
        "started",
        "refused",
        "injected",
        "ended",
        "undo_failed",
        "unmatched",
        "matched",
        "not_supported",
        "halted",
        "resumed",
    ] {
        assert!(has(tag), "no {tag} in\n{text}");
    }
}
