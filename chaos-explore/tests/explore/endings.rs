//! Operations that outlive the act, and tasks that end late.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use chaos_core::{Failure, Fault, Phase, Scope, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, Finding, Problem, TestPart, explore};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// Starts a charge with this limit in the act, and waits for it in the verification.
fn charge_without_waiting(limit: Duration) -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| {
            let bank = bank.as_ref().clone();
            let charging = tokio::spawn(Scope::carry(async move {
                let charge = || {
                    bank.around("charge", async {
                        sleep(Duration::from_secs(5)).await;
                        Ok::<_, io::Error>(())
                    })
                };
                match tokio::time::timeout(limit, charge()).await {
                    Ok(charged) => charged,
                    Err(_) => charge().await,
                }
            }));
            sleep(Duration::from_secs(1)).await;
            Mutex::new(charging)
        })
        .verify(async |_, charging| {
            let charging = charging
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner);
            let charged = charging.await.unwrap();
            charged.expect("the verification runs without faults");
        })
}

#[test]
fn outages_end_with_the_act() {
    let slow = Fault::latency(Duration::from_secs(3600));
    let reset = Fault::error(Failure::Reset);
    let faults = Faults::none()
        .and(SiteKind::Point, FaultCase::onwards(slow, Phase::Before))
        .and(SiteKind::Point, FaultCase::once(reset, Phase::After));
    let report = charge_without_waiting(Duration::MAX).faults(faults).run();
    assert_eq!(report.sets_tried(), 2, "{report}");
}

fn held_charge() -> Faults {
    let hang = Fault::latency(Duration::from_secs(3600));
    Faults::none().and(SiteKind::Point, FaultCase::once(hang, Phase::Before))
}

/// If the hold ended with the act, the task would end in the verification.
#[test]
fn a_task_that_waits_without_a_limit_is_a_finding() {
    let exploration = || charge_without_waiting(Duration::MAX).faults(held_charge());
    let report = exploration().report();
    let [finding] = report.findings() else {
        panic!("{report}");
    };
    let operations = ["bank/point charge #1".to_owned()];
    let [
        Problem::WaitsWithoutLimit {
            operations: found, ..
        },
    ] = finding.problems()
    else {
        panic!("{report}");
    };
    assert_eq!(found[..], operations, "{report}");
    let text = report.to_markdown();
    assert!(
        text.contains("## a task waits for `bank/point charge #1` without a limit")
            && text.contains("`allow_remaining_tasks`"),
        "{text}"
    );
    exploration().allow_remaining_tasks().run();
}

/// The time until the limit passes between the act and the verification, which runs without faults.
#[test]
fn a_task_with_a_limit_of_its_own_is_no_finding() {
    for limit in [3, 50, 500].map(Duration::from_secs) {
        charge_without_waiting(limit).faults(held_charge()).run();
    }
}

/// Waits in the verification until an outage is over, as a correct service may.
#[test]
fn a_task_may_retry_until_an_outage_ends() {
    explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let bank = bank.as_ref().clone();
            let charging = tokio::spawn(Scope::carry(async move {
                let charge = || bank.point("charge");
                let limit = Duration::from_secs(2);
                while !tokio::time::timeout(limit, charge())
                    .await
                    .is_ok_and(|charged| charged.is_ok())
                {
                    sleep(Duration::from_secs(1)).await;
                }
            }));
            sleep(Duration::from_secs(10)).await;
            Mutex::new(charging)
        })
        .verify(async |_, charging| {
            let charging = charging
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner);
            charging.await.unwrap();
        })
        .run();
}

#[test]
fn a_verification_that_never_ends_is_a_finding() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| bank.point("charge").await.is_ok())
        .verify(async |_, paid| {
            if !paid {
                std::future::pending::<()>().await;
            }
        })
        .report();
    let overdue = |problem: &Problem| {
        matches!(
            problem,
            Problem::Overdue {
                part: TestPart::Verify,
                ..
            }
        )
    };
    let found: Vec<_> = report
        .findings()
        .iter()
        .filter(|finding| finding.problems().iter().all(overdue))
        .map(Finding::line)
        .collect();
    assert_eq!(
        found,
        [
            "bank/point charge #1 before:unavailable",
            "bank/point charge #1 after:reset",
            "bank/point charge #1 before:unavailable onwards",
        ],
        "{report}"
    );
}

#[test]
fn tasks_that_end_late_are_not_findings() {
    explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            if tokio::time::timeout(Duration::from_secs(1), bank.point("charge"))
                .await
                .is_ok_and(|charged| charged.is_ok())
            {
                return;
            }
            tokio::spawn(sleep(Duration::from_secs(20)));
            tokio::spawn(async {
                let work = tokio::task::spawn_blocking(|| thread::sleep(Duration::from_millis(20)));
                work.await
            });
            tokio::spawn(async {
                let (end, ended) = oneshot::channel();
                // Neither the runtime nor the clock knows this thread.
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(50));
                    end.send(())
                });
                ended.await
            });
        })
        .verify(async |_, ()| {})
        .run();
}
