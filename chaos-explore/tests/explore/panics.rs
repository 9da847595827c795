//! Whatever panics in a run is a finding, on whichever thread, and whoever has the process's hook.

use std::panic;
use std::process::Command;

use chaos_core::{Failure, Fault, Phase, Site, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, Problem, Report, TestPart, explore};

/// What panics once the bank is not there.
fn when_it_fails(then: impl AsyncFn() + Send + Sync + 'static) -> Exploration {
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

#[test]
fn blocking_work_that_panics_is_found() {
    let report = when_it_fails(async || {
        let work = tokio::task::spawn_blocking(|| panic!("no ink"));
        work.await.unwrap_err();
    })
    .report();
    let (part, message) = panicked(&report);
    assert_eq!(part, TestPart::Act);
    assert!(
        message.starts_with("no ink") && message.contains("panics.rs:"),
        "{message}"
    );
}

/// No hook is told of it: its panic was somebody else's.
#[test]
fn a_panic_that_is_passed_on_is_found() {
    let report = when_it_fails(async || panic::resume_unwind(Box::new("passed on"))).report();
    assert_eq!(panicked(&report), (TestPart::Act, "passed on"));
}

#[test]
fn a_panic_is_told_of_the_part_that_it_was_in() {
    let report = when_it_fails(async || {
        let task = tokio::spawn(async { panic!("in a task of the act") });
        task.await.unwrap_err();
    })
    .report();
    assert_eq!(panicked(&report).0, TestPart::Act);
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
    assert_eq!(panicked(&report).0, TestPart::Verify);
}

#[test]
fn an_injected_panic_is_found_where_nobody_catches_it() {
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
fn panics_are_found_after_somebody_has_set_a_hook() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "panics::with_a_hook_of_its_own", "--ignored"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[ignore = "run by the test above, in a process of its own: there is one hook for all tests of a process"]
fn with_a_hook_of_its_own() {
    let panics_in_a_task = || {
        when_it_fails(async || {
            let task = tokio::spawn(async { panic!("in a task") });
            task.await.unwrap_err();
        })
        .report()
    };
    panicked(&panics_in_a_task());
    panic::set_hook(Box::new(|_| {}));
    panicked(&panics_in_a_task());
    panicked(&panics_in_a_task());
}
