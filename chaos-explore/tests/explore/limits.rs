//! The report shows what was not tried, and a test without any try does not pass.

use std::time::Duration;

use chaos_core::{BlastRadius, Failure, Fault, Phase, SiteKind};
use chaos_explore::{Exploration, Fate, FaultCase, Faults, Finding, Report, explore};

fn lines(report: &Report) -> Vec<&str> {
    report.findings().iter().map(Finding::line).collect()
}

/// Survives no fault.
fn fragile() -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async |bank| bank.point("charge").await.is_ok())
        .verify(async |_, paid| assert!(paid))
}

#[test]
fn an_exploration_without_tries_does_not_pass() {
    let line = "bank charge #1 after:reset";
    for exploration in [
        fragile().at_most_time(Duration::ZERO),
        fragile().replay(line).at_most_time(Duration::ZERO),
        fragile().at_most_runs(2),
    ] {
        let report = exploration.report();
        assert!(report.findings().is_empty() && !report.is_clean());
        assert!(report.unexplored().is_some(), "{report}");
    }
}

#[test]
fn replays_of_findings_count_towards_the_limit_of_runs() {
    let report = fragile().at_most_runs(3).report();
    assert_eq!((report.runs(), report.findings().len()), (3, 1), "{report}");
    assert!(!report.findings()[0].is_reproducible());
    assert!(report.to_markdown().contains("(not replayed)"), "{report}");
    let report = fragile().at_most_runs(100).report();
    assert!(
        report.findings().iter().all(Finding::is_reproducible),
        "{report}"
    );
}

#[test]
fn an_act_with_a_zero_time_limit_is_explored() {
    let report = fragile().act_within(Duration::ZERO).report();
    let text = report.to_markdown();
    assert!(!text.contains("can't be placed"), "{text}");
}

#[test]
fn an_outage_continues_after_the_recording_limit() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            for _ in 0..25_000 {
                if bank.point("charge").await.is_ok() {
                    return true;
                }
            }
            false
        })
        .verify(async |_, paid| assert!(paid))
        .faults(outage())
        .report();
    assert_eq!(
        lines(&report),
        ["bank/point charge #1 before:unavailable onwards"],
        "{report}"
    );
}

#[test]
fn operations_after_the_recording_limit_are_reported() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            for _ in 0..20_007 {
                let _ = bank.point("charge").await;
            }
        })
        .verify(async |_, ()| {})
        .faults(Faults::none())
        .report();
    assert_eq!(report.unrecorded_operations(), 7);
    assert!(
        report.to_markdown().contains("the last 7 operations"),
        "{}",
        report.to_markdown().lines().last().unwrap()
    );
}

fn outage() -> Faults {
    let unavailable = Fault::error(Failure::Unavailable);
    Faults::none().and(
        SiteKind::Point,
        FaultCase::onwards(unavailable, Phase::Before),
    )
}

/// Only the combination of a slow reservation and a refused charge fails.
#[test]
fn a_fault_during_persistent_latency_is_tried() {
    let slow = Fault::latency(Duration::from_secs(1));
    let refused = Fault::error(Failure::Refused);
    let faults = Faults::none()
        .and(SiteKind::Point, FaultCase::onwards(slow, Phase::Before))
        .and(SiteKind::Point, FaultCase::once(refused, Phase::Before));
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let began = tokio::time::Instant::now();
            let reserved = bank.point("reserve").await.is_ok();
            let slow = began.elapsed() >= Duration::from_secs(1);
            let charged = bank.point("charge").await.is_ok();
            (slow && reserved, charged)
        })
        .verify(async |_, (slow, charged)| assert!(charged || !slow))
        .faults(faults)
        .depth(2)
        .report();
    assert_eq!(
        lines(&report),
        ["bank/point reserve #1 before:latency=1s onwards; bank/point charge #1 before:refused"],
        "{report}"
    );
}

#[test]
fn a_fault_that_was_not_injected_has_an_unknown_fate() {
    let report = explore(async |chaos| (chaos.site("bank"), chaos))
        .act(async |world| {
            let (bank, chaos) = &*world;
            let _down = chaos
                .inject(
                    BlastRadius::points_at("bank"),
                    Fault::error(Failure::Internal),
                )
                .unwrap();
            bank.point("charge").await.is_ok()
        })
        .verify(async |_, _| {})
        .faults(Faults::none().and(
            SiteKind::Point,
            FaultCase::once(Fault::error(Failure::Reset), Phase::After),
        ))
        .report();
    let fates: Vec<_> = report.fates().iter().map(|one| one.fate).collect();
    assert_eq!(fates, [Fate::Unknown], "{report}");
    let text = report.to_markdown();
    assert!(text.contains("ended before the fault was due"), "{text}");
}

/// A response without a body has nothing that could stall, which its request has no part in.
#[test]
fn a_fault_that_was_not_injected_is_not_blamed_on_a_missing_request() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let bank = bank.as_ref().clone();
            let charging = tokio::spawn(async move {
                let never = std::future::pending::<std::io::Result<()>>();
                let charge = bank.around("charge", never);
                let _ = tokio::time::timeout(Duration::from_secs(1), charge).await;
            });
            charging.await.unwrap();
        })
        .verify(async |_, ()| {})
        .faults(Faults::none().and(
            SiteKind::Point,
            FaultCase::once(Fault::error(Failure::Reset), Phase::After),
        ))
        .report();
    let text = report.to_markdown();
    assert!(text.contains("ended before the fault was due"), "{text}");
    assert!(!text.contains("belongs to no request"), "{text}");
}

#[test]
fn a_stuck_replay_is_not_reported_as_unreached() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            if bank.point("charge").await.is_err() {
                std::thread::park();
            }
        })
        .verify(async |_, ()| {})
        .stuck_after(Duration::from_secs(3))
        .replay("bank charge #1 before:refused")
        .report();
    assert_eq!(report.findings().len(), 1);
    assert!(report.unreached_sets().is_empty(), "{report}");
}

#[test]
fn no_other_fault_is_tried_within_an_outage() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let _ = bank.point("reserve").await;
            let _ = bank.point("charge").await;
        })
        .verify(async |_, ()| {})
        .faults(outage())
        .depth(2)
        .run();
    assert_eq!(report.pruned().within_an_outage, 1);
    assert_eq!(report.sets_tried(), 2, "{report}");
}

#[test]
fn a_fault_that_was_not_injected_is_not_extended() {
    let reset = Fault::error(Failure::Reset);
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let never = std::future::pending::<std::io::Result<()>>();
            let reserve = bank.around("reserve", never);
            let _ = tokio::time::timeout(Duration::from_secs(1), reserve).await;
            let _ = bank.point("charge").await;
        })
        .verify(async |_, ()| {})
        .faults(Faults::none().and(SiteKind::Point, FaultCase::once(reset, Phase::After)))
        .depth(2)
        .run();
    assert_eq!((report.operations().len(), report.sets_tried()), (2, 2));
}
