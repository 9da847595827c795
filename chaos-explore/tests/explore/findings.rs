use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use chaos_core::{ChaosManager, Site};
use chaos_explore::{Exploration, Fate, Finding, Problem, Report, explore};

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
        let patience =
            tokio::time::timeout(Duration::from_secs(5), self.bank.around("charge", charge));
        patience.await?
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
fn a_careful_shop_survives_everything() {
    let report = shop(careful).depth(2).run();
    assert_eq!(report.operations().len(), 1);
    assert!(
        report.fates().iter().all(|one| one.fate == Fate::Surfaced),
        "{report}"
    );
}

#[test]
fn whatever_makes_a_retry_charge_twice_is_found() {
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

/// Only what comes after a first fault can break it, at an operation that is not there without one.
#[test]
fn faults_of_a_fallback_are_explored_in_turn() {
    let exploration = || {
        shop(async |shop| {
            if shop.charge().await.is_err() {
                let later = shop
                    .fallback
                    .around("queue", async { Ok::<_, io::Error>(()) });
                later.await.expect("there is always room in the queue");
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
    // What hangs is waited for, and what lasts is no other than what strikes once here.
    assert!(
        found
            .iter()
            .all(|line| line.contains("; fallback/point queue #1 ")),
        "{found:?}"
    );
}

#[test]
fn an_act_that_waits_for_ever_is_found() {
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
fn a_retry_without_an_end_is_found_by_what_lasts() {
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
fn panics_of_spawned_tasks_are_found() {
    let report = shop(async |shop| {
        let bank = shop.bank.clone();
        let task = tokio::spawn(chaos_core::Scope::carry(async move {
            bank.point("notify")
                .await
                .expect("the bank is always there");
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
fn tasks_that_are_left_behind_are_found() {
    let report = shop(async |shop| {
        if shop.charge().await.is_err() {
            tokio::spawn(std::future::pending::<()>());
        }
        Ok(())
    })
    .report();
    assert!(!report.is_clean());
    let left = |problem: &Problem| matches!(problem, Problem::TasksLeft { tasks: 1 });
    assert!(
        report
            .findings()
            .iter()
            .all(|one| one.problems().iter().all(left)),
        "{report}"
    );
}

#[test]
fn a_run_that_is_stuck_is_given_up() {
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
fn a_test_that_fails_by_itself_is_not_explored() {
    let report = explore(async |chaos| Shop::new(&chaos))
        .act(async |_| ())
        .verify(async |_, ()| panic!("never right"))
        .report();
    assert_eq!(report.runs(), 2);
    assert!(report.findings()[0].placements().is_empty());
}

#[test]
fn a_test_that_varies_is_named_rather_than_explored() {
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
fn worlds_and_assertions_are_not_hit() {
    let report = explore(async |chaos| {
        let shop = Shop::new(&chaos);
        shop.charge().await.expect("no fault while a world is made");
        shop
    })
    .act(async |shop| shop.charge().await.is_ok())
    .verify(async |shop, _| shop.charge().await.expect("no fault while it is verified"))
    .depth(2)
    .run();
    assert_eq!(report.operations().len(), 1);
}

#[test]
fn what_became_of_faults_is_told() {
    let report = shop(async |shop| {
        let auditor = shop.auditor.clone();
        // In no scope: nobody can tell what becomes of it.
        let _ = tokio::spawn(async move { auditor.point("audit").await }).await;
        let _ = shop.fallback.point("cache").await;
        careful(shop).await
    })
    .report();
    let fates = |operation: &str| {
        let of = report
            .fates()
            .iter()
            .filter(|one| one.operation.name() == operation);
        of.map(|one| one.fate)
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(fates("charge"), [Fate::Surfaced].into(), "{report}");
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
fn a_report_says_what_was_left() {
    let report = shop(careful).at_most_runs(3).report();
    let left = report.unexplored().expect("a limit");
    assert_eq!((report.runs(), left.placements), (3, 3));
    assert!(report.to_markdown().contains("Left unexplored"), "{report}");
    let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    assert_eq!(json["unexplored"]["placements"], 3);
}

#[test]
fn two_explorations_find_the_same_in_the_same_order() {
    let found = || {
        let report = shop(retrying).depth(2).report();
        (lines(&report).join("\n"), report.runs(), report.pruned())
    };
    assert_eq!(found(), found());
}
