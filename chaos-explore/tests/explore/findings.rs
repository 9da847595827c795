//! The findings of a shop that pays at a bank, with and without mistakes.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use chaos_core::{ChaosManager, Site};
use chaos_explore::{Exploration, Fate, FaultCase, Finding, Problem, Report, explore};

/// A shop whose customers pay at a bank.
struct Shop {
    bank: Site,
    fallback: Site,
    auditor: Site,
    charged: AtomicU32,
}

impl Shop {
    fn new(chaos: &ChaosManager) -> Self {
        Self {
            bank: chaos.site("bank"),
            fallback: chaos.site("fallback"),
            auditor: chaos.site("auditor"),
            charged: AtomicU32::new(0),
        }
    }

    async fn charge(&self) -> io::Result<()> {
        let charge = async {
            self.charged.fetch_add(1, Relaxed);
            Ok(())
        };
        let charge =
            tokio::time::timeout(Duration::from_secs(5), self.bank.around("charge", charge));
        charge.await?
    }
}

fn only_once(shop: &Shop) {
    assert!(shop.charged.load(Relaxed) <= 1, "charged twice");
}

fn lines(report: &Report) -> Vec<&str> {
    report.findings().iter().map(Finding::line).collect()
}

fn shop(pay: impl AsyncFn(&Shop) -> io::Result<()> + Send + Sync + 'static) -> Exploration {
    explore(async |chaos| Shop::new(&chaos))
        .act(async move |shop| pay(&shop).await.map_err(|error| error.kind()))
        .verify(async |shop, _| only_once(&shop))
}

async fn retrying(shop: &Shop) -> io::Result<()> {
    match shop.charge().await {
        Err(_) => shop.charge().await,
        paid => paid,
    }
}

async fn careful(shop: &Shop) -> io::Result<()> {
    shop.charge().await
}

#[test]
fn a_careful_shop_survives_every_fault() {
    let report = shop(careful).depth(2).run();
    assert_eq!(report.operations().len(), 1);
    let is_slow = |case: &FaultCase| case.to_string() == "before:latency=3s";
    for one in report.fates() {
        let expected = match is_slow(&one.fault_case) {
            true => Fate::Absorbed,
            false => Fate::Surfaced,
        };
        assert_eq!(one.fate, expected, "{report}");
    }
}

#[test]
fn a_retry_that_charges_twice_is_a_finding() {
    let report = shop(retrying).report();
    assert_eq!(
        lines(&report),
        ["bank/point charge #1 after:reset"],
        "{report}"
    );
    let finding = &report.findings()[0];
    assert!(finding.is_reproducible());
    let [Problem::Panicked { message, .. }] = finding.problems() else {
        panic!("{finding}");
    };
    assert!(
        message.starts_with("charged twice") && message.contains("findings.rs:"),
        "{message}"
    );
    assert!(
        finding
            .to_rust()
            .contains(r#".replay("bank/point charge #1 after:reset")"#)
    );
}

#[test]
fn a_finding_is_replayed_from_its_line() {
    let line = "bank charge #1 after:reset";
    let report = shop(retrying).replay(line).report();
    assert_eq!(lines(&report).len(), 1, "{report}");
    assert!(shop(careful).replay(line).report().is_clean());
}

/// The failing operation occurs only after a first fault.
#[test]
fn faults_of_a_fallback_are_explored_at_the_second_depth() {
    let exploration = || {
        shop(async |shop| {
            if shop.charge().await.is_err() {
                let later = shop
                    .fallback
                    .around("queue", async { Ok::<_, io::Error>(()) });
                later.await.expect("the queue always has room");
            }
            Ok(())
        })
    };
    assert!(exploration().report().is_clean());
    let report = exploration().depth(2).report();
    let found = lines(&report);
    assert!(
        found.contains(
            &"bank/point charge #1 before:unavailable; fallback/point queue #1 before:unavailable"
        ),
        "{found:?}"
    );
    // The first fault differs; the second always strikes the fallback.
    assert!(
        found
            .iter()
            .all(|line| line.contains("; fallback/point queue #1 ")),
        "{found:?}"
    );
}

#[test]
fn an_act_that_waits_forever_is_a_finding() {
    let report = shop(async |shop| shop.bank.around("charge", async { Ok(()) }).await).report();
    assert_eq!(
        lines(&report),
        ["bank/point charge #1 before:latency=1h"],
        "{report}"
    );
    assert!(matches!(
        report.findings()[0].problems(),
        [Problem::Overdue { .. }]
    ));
}

#[test]
fn a_persistent_fault_exposes_an_endless_retry() {
    let report = shop(async |shop| {
        let reserve = || shop.bank.point("reserve");
        while tokio::time::timeout(Duration::from_secs(1), reserve())
            .await
            .is_err_or_failed()
        {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    })
    .report();
    assert_eq!(
        lines(&report),
        ["bank/point reserve #1 before:unavailable onwards"],
        "{report}"
    );
}

trait Failed {
    fn is_err_or_failed(&self) -> bool;
}

impl<E> Failed for Result<Result<(), chaos_core::InjectedFault>, E> {
    fn is_err_or_failed(&self) -> bool {
        !matches!(self, Ok(Ok(())))
    }
}

#[test]
fn panics_of_spawned_tasks_are_findings() {
    let report = shop(async |shop| {
        let bank = shop.bank.clone();
        let task = tokio::spawn(chaos_core::Scope::carry(async move {
            bank.point("notify")
                .await
                .expect("the bank is always available");
        }));
        let _ = task.await;
        Ok(())
    })
    .report();
    assert!(
        lines(&report).contains(&"bank/point notify #1 before:unavailable"),
        "{report}"
    );
}

#[test]
fn tasks_left_running_are_findings() {
    let report = shop(async |shop| {
        if shop.charge().await.is_err() {
            tokio::spawn(std::future::pending::<()>());
        }
        Ok(())
    })
    .report();
    assert!(!report.is_clean());
    let left = |problem: &Problem| matches!(problem, Problem::TasksLeft { tasks: 1, .. });
    assert!(
        report
            .findings()
            .iter()
            .all(|one| one.problems().iter().all(left)),
        "{report}"
    );
}

#[test]
fn a_stuck_run_is_abandoned() {
    let report = shop(async |shop| {
        if shop.charge().await.is_err() {
            std::thread::park();
        }
        Ok(())
    })
    .stuck_after(Duration::from_secs(2))
    .at_most_runs(4)
    .report();
    let stuck = |problem: &Problem| matches!(problem, Problem::Stuck { .. });
    assert!(
        report
            .findings()
            .iter()
            .any(|one| one.problems().iter().all(stuck)),
        "{report}"
    );
    assert!(report.unexplored().is_some());
}

#[test]
fn a_test_that_fails_without_faults_is_not_explored() {
    let report = explore(async |chaos| Shop::new(&chaos))
        .act(async |_| ())
        .verify(async |_, ()| panic!("always fails"))
        .report();
    // The third run is alone, to show that the other two did not disturb each other.
    assert_eq!(report.runs(), 3);
    assert_eq!(report.shared_state(), None);
    assert!(report.findings().is_empty() && !report.is_clean());
    let failure = report.baseline_failure().expect("a failure");
    assert!(failure.to_string().contains("always fails"), "{failure}");
    let text = report.to_markdown();
    assert!(text.starts_with("# Not explored: the test fails"), "{text}");
}

#[test]
fn a_test_that_varies_is_reported_and_not_explored() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let report = shop(async |shop| {
        let operation = format!("reserve room {}", RUNS.fetch_add(1, Relaxed));
        let _ = shop.bank.point(&*operation).await;
        Ok(())
    })
    .report();
    assert!(!report.is_clean());
    let differs = report.difference().expect("a difference");
    assert_eq!(
        (differs.only_first.len(), differs.only_second.len()),
        (1, 1)
    );
    assert!(report.to_markdown().contains("reserve room"), "{report}");
}

#[test]
fn worlds_and_assertions_run_without_faults() {
    let report = explore(async |chaos| {
        let shop = Shop::new(&chaos);
        shop.charge()
            .await
            .expect("the world is created without faults");
        shop
    })
    .act(async |shop| shop.charge().await.is_ok())
    .verify(async |shop, _| {
        shop.charge()
            .await
            .expect("the verification runs without faults");
    })
    .depth(2)
    .run();
    assert_eq!(report.operations().len(), 1);
}

#[test]
fn the_fate_of_each_fault_is_reported() {
    let report = shop(async |shop| {
        let auditor = shop.auditor.clone();
        // The task has no scope, so the fate of its faults is unknown.
        let _ = tokio::spawn(async move { auditor.point("audit").await }).await;
        let _ = shop.fallback.point("cache").await;
        careful(shop).await
    })
    .report();
    let fates = |operation: &str| {
        let fates = report
            .fates()
            .iter()
            .filter(|one| one.operation.name() == operation);
        fates
            .map(|one| one.fate)
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(
        fates("charge"),
        [Fate::Absorbed, Fate::Surfaced].into(),
        "{report}"
    );
    assert_eq!(
        fates("cache"),
        [Fate::Absorbed, Fate::Found].into(),
        "{report}"
    );
    assert_eq!(
        fates("audit"),
        [Fate::Unknown, Fate::Found].into(),
        "{report}"
    );
}

#[test]
fn a_report_shows_what_a_limit_left_unexplored() {
    let report = shop(careful).at_most_runs(3).report();
    let left = report.unexplored().expect("a limit");
    assert_eq!((report.runs(), left.placements), (3, 4));
    assert!(report.to_markdown().contains("Left unexplored"), "{report}");
    let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    assert_eq!(json["unexplored"]["placements"], 4);
}

#[test]
fn two_explorations_have_the_same_findings_in_the_same_order() {
    let found = || {
        let report = shop(retrying).depth(2).report();
        (lines(&report).join("\n"), report.runs(), report.pruned())
    };
    assert_eq!(found(), found());
}
