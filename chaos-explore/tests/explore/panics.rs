//! Panics of a run are findings, on any of its threads and regardless of the process's panic hook.

use std::panic;
use std::process::Command;

use chaos_core::{Failure, Fault, Phase, Site, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, Problem, Report, TestPart, explore};

/// Runs code once a charge is refused.
fn after_failed_charge(then: impl AsyncFn() + Send + Sync + 'static) -> Exploration {
    bank(async move |bank| {
        if bank.point("charge").await.is_err() {
            then().await;
        }
    })
    .faults(at_points(Fault::error(Failure::Refused)))
}

fn bank(act: impl AsyncFn(&Site) + Send + Sync + 'static) -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| act(&bank).await)
        .verify(async |_, ()| {})
}

fn at_points(fault: Fault) -> Faults {
    Faults::none().and(SiteKind::Point, FaultCase::once(fault, Phase::Before))
}

fn panicked(report: &Report) -> (TestPart, &str) {
    let [finding] = report.findings() else {
        panic!("{report}");
    };
    match finding.problems() {
        [Problem::Panicked { part, message }] => (*part, message),
        _ => panic!("{finding}"),
    }
}

/// Returns the only panic, which is one of a task.
fn task_panicked(report: &Report) -> (TestPart, &str) {
    let [finding] = report.findings() else {
        panic!("{report}");
    };
    match finding.problems() {
        [Problem::TaskPanicked { part, message }] => (*part, message),
        _ => panic!("{finding}"),
    }
}

#[test]
fn a_panic_in_blocking_work_is_a_finding() {
    let report = after_failed_charge(async || {
        let work = tokio::task::spawn_blocking(|| panic!("no ink"));
        work.await.unwrap_err();
    })
    .report();
    let (part, message) = task_panicked(&report);
    assert_eq!(part, TestPart::Act);
    assert!(
        message.starts_with("no ink") && message.contains("panics.rs:"),
        "{message}"
    );
}

/// A resumed panic calls no hook.
#[test]
fn a_resumed_panic_is_a_finding() {
    let report = after_failed_charge(async || panic::resume_unwind(Box::new("resumed"))).report();
    assert_eq!(panicked(&report), (TestPart::Act, "resumed"));
}

/// The payload of a panic whose drop panics.
struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("in the drop of a payload");
    }
}

#[test]
fn a_panic_whose_payload_panics_when_dropped_is_a_finding() {
    let report = after_failed_charge(async || panic::panic_any(PanicsWhenDropped)).report();
    let (part, message) = panicked(&report);
    assert_eq!(part, TestPart::Act);
    assert!(message.contains("panics.rs:"), "{message}");
}

#[test]
fn a_panic_is_attributed_to_its_part_of_the_test() {
    let report = after_failed_charge(async || {
        let task = tokio::spawn(async { panic!("in a task of the act") });
        task.await.unwrap_err();
    })
    .report();
    assert_eq!(task_panicked(&report).0, TestPart::Act);
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| bank.point("charge").await.is_ok())
        .verify(async |_, paid| {
            if !paid {
                let task = tokio::spawn(async { panic!("in a task of the verification") });
                task.await.unwrap_err();
            }
        })
        .faults(at_points(Fault::error(Failure::Refused)))
        .report();
    assert_eq!(task_panicked(&report).0, TestPart::Verify);
}

/// The act goes on, so the finding must not say that the act panicked.
#[test]
fn a_panic_of_a_task_is_named_as_one_and_can_be_allowed() {
    let exploration = |part: TestPart| {
        after_failed_charge(async move || {
            let task = tokio::spawn(async { panic!("no ink") });
            assert!(task.await.is_err() && part == TestPart::Act, "act");
        })
    };
    let report = exploration(TestPart::Act).report();
    let text = report.to_markdown();
    assert!(
        text.contains("## a task panicked during the act: no ink")
            && text.contains("`allow_panics_of_tasks`"),
        "{text}"
    );
    exploration(TestPart::Act).allow_panics_of_tasks().run();
    // Only those of tasks are allowed.
    let report = exploration(TestPart::Verify)
        .allow_panics_of_tasks()
        .report();
    assert!(panicked(&report).1.starts_with("act"), "{report}");
}

#[test]
fn an_injected_panic_is_a_finding_unless_it_is_caught() {
    let caught = bank(async |bank| {
        let bank = bank.clone();
        let _ = tokio::spawn(async move { bank.point("charge").await }).await;
    });
    caught.faults(at_points(Fault::Panic)).run();
    let not_caught = bank(async |bank| {
        let _ = bank.point("charge").await;
    });
    let report = not_caught.faults(at_points(Fault::Panic)).report();
    let (part, message) = panicked(&report);
    assert_eq!(part, TestPart::Act);
    assert!(message.starts_with("injected panic"), "{message}");
}

#[test]
fn panics_are_findings_after_another_hook_is_set() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "panics::with_another_hook", "--ignored"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[ignore = "run by the test above, in its own process, because all tests of a process share the hook"]
fn with_another_hook() {
    let panics_in_a_task = || {
        after_failed_charge(async || {
            let task = tokio::spawn(async { panic!("in a task") });
            task.await.unwrap_err();
        })
        .report()
    };
    task_panicked(&panics_in_a_task());
    panic::set_hook(Box::new(|_| {}));
    task_panicked(&panics_in_a_task());
    task_panicked(&panics_in_a_task());
}
