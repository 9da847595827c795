//! Replays the faults of a request from a real run's journal.

use std::io;
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Experiment, Failure, Fault, JsonLines, Phase, Scope, Site,
};
use chaos_explore::{Finding, History, HistoryError, explore};

async fn checkout(bank: &Site, stock: &Site) -> io::Result<()> {
    let work = async || Ok::<_, io::Error>(());
    stock.around("reserve", work()).await?;
    let charged = bank.around("charge", work()).await;
    if charged.is_err() {
        bank.around("charge", work()).await?;
    }
    Ok(())
}

/// Returns a journal of three requests, of which only `order-7` fails: two charges are refused, and the stock is slow.
fn journal(test: &str) -> String {
    let directory = directory(test);
    let path = directory.join("journal.jsonl");
    let chaos = ChaosManager::builder()
        .journal_to(JsonLines::append(&path).unwrap())
        .build();
    let (bank, stock) = (chaos.site("bank"), chaos.site("stock"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let start = |name: &str, at: BlastRadius, fault: Fault| {
            chaos
                .start(
                    Experiment::new(name)
                        .fault(fault)
                        .blast_radius(at)
                        .phase(Phase::Before),
                )
                .unwrap()
        };
        let _slow = start(
            "slow",
            BlastRadius::points_at("stock"),
            Fault::latency(Duration::from_secs(2)),
        );
        for order in ["order-6", "order-8"] {
            Scope::new(order)
                .enter(checkout(&bank, &stock))
                .await
                .unwrap();
        }
        let _refused = start(
            "refused",
            BlastRadius::points_at("bank"),
            Fault::error(Failure::Refused),
        );
        Scope::new("order-7")
            .enter(checkout(&bank, &stock))
            .await
            .unwrap_err();
        chaos.flushed().await;
    });
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_dir_all(directory).unwrap();
    text
}

fn directory(test: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("chaos-history-{test}-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn a_replayed_request_is_reduced_to_the_faults_that_matter() {
    let history = History::of_request("order-7", journal("replayed").as_bytes()).unwrap();
    let lines: Vec<_> = history
        .placements()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        lines,
        [
            "stock/point reserve #1 before:latency=2s",
            "bank/point charge #1 before:refused",
            "bank/point charge #2 before:refused",
        ]
    );
    let report = explore(async |chaos| (chaos.site("bank"), chaos.site("stock")))
        .act(async |sites| {
            checkout(&sites.0, &sites.1)
                .await
                .map_err(|error| error.kind())
        })
        .verify(async |_, paid| assert!(paid.is_ok()))
        .replay_history(history)
        .report();
    let found: Vec<_> = report.findings().iter().map(Finding::line).collect();
    assert_eq!(
        found,
        ["bank/point charge #1 before:refused; bank/point charge #2 before:refused"],
        "{report}"
    );
}

#[test]
fn errors_name_the_problem_of_a_journal() {
    let journal = journal("wrong");
    let error = History::of_request("order-9", journal.as_bytes()).unwrap_err();
    assert!(
        matches!(error, HistoryError::NoFaults { others: 3, .. }),
        "{error}"
    );
    let broken = format!("{journal}{{\n");
    let error = History::of_request("order-7", broken.as_bytes()).unwrap_err();
    let line = journal.lines().count() + 1;
    assert!(
        error
            .to_string()
            .starts_with(&format!("line {line} of the journal")),
        "{error}"
    );
}
