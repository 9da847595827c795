//! Tasks that are left running: which are findings, and what else is still found.

use std::io;
use std::time::Duration;

use chaos_core::{Failure, Fault, Phase, Scope, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, Finding, Problem, explore};
use tokio::time::sleep;

fn refused() -> Faults {
    let refused = Fault::error(Failure::Refused);
    Faults::none().and(SiteKind::Point, FaultCase::once(refused, Phase::Before))
}

/// Calls `bank`, and after a refusal `fallback`, whose client keeps its connection for a while.
fn with_fallback(idle: Duration) -> Exploration {
    explore(async |chaos| (chaos.site("bank"), chaos.site("fallback")))
        .act(async move |sites| {
            if sites.0.point("charge").await.is_err() {
                let fallback = sites.1.clone();
                tokio::spawn(Scope::carry(async move {
                    let _ = fallback.point("connect").await;
                    sleep(idle).await;
                }));
                // The task starts.
                tokio::task::yield_now().await;
            }
        })
        .verify(async |_, ()| {})
        .faults(refused())
}

#[test]
fn a_client_may_keep_idle_connections_longer_than_a_minute() {
    with_fallback(Duration::from_secs(90)).run();
    with_fallback(Duration::from_secs(590)).run();
}

/// A task with a short interval must not make the clock jump thousands of times.
#[test]
fn tasks_with_short_intervals_end_in_few_jumps() {
    explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let _ = bank.point("charge").await;
            tokio::spawn(async {
                let start = tokio::time::Instant::now();
                while start.elapsed() < Duration::from_secs(400) {
                    sleep(Duration::from_secs(5)).await;
                }
            });
        })
        .verify(async |_, ()| {})
        .faults(refused())
        .run();
}

#[test]
fn the_last_operation_of_a_task_names_it() {
    let report = with_fallback(Duration::MAX).report();
    let [finding] = report.findings() else {
        panic!("{report}");
    };
    let [
        Problem::TasksLeft {
            tasks: 1,
            last_operations,
        },
    ] = finding.problems()
    else {
        panic!("{finding}");
    };
    assert_eq!(last_operations[..], ["fallback/point connect #1"]);
    assert!(
        report.to_markdown().contains(
            "1 task was left running (last operations of tasks: `fallback/point connect #1`)"
        ),
        "{report}"
    );
}

#[test]
fn the_check_of_remaining_tasks_can_be_switched_off() {
    let report = with_fallback(Duration::MAX).allow_remaining_tasks().run();
    assert_eq!(report.sets_tried(), 1);
}

/// A second fault is only found if the first finding is no reason to leave its supersets out.
#[test]
fn tasks_left_running_do_not_prune_the_search() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let charge = async || bank.around("charge", async { io::Result::Ok(()) }).await;
            if charge().await.is_err() {
                tokio::spawn(std::future::pending::<()>());
                return charge().await.is_ok();
            }
            true
        })
        .verify(async |_, charged| assert!(charged, "not charged"))
        .faults(refused())
        .depth(2)
        .report();
    let found: Vec<_> = report.findings().iter().map(Finding::line).collect();
    assert_eq!(
        found,
        [
            "bank/point charge #1 before:refused",
            "bank/point charge #1 before:refused; bank/point charge #2 before:refused",
        ],
        "{report}"
    );
    assert_eq!(report.pruned().supersets_of_findings, 0);
}
