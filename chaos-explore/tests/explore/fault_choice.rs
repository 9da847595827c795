//! Which faults are tried where.

use std::collections::BTreeSet;

use chaos_core::adapter::Support;
use chaos_core::{Failure, Fault, FaultKind, Operation, Phase, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, Report, explore};

fn refused() -> FaultCase {
    FaultCase::once(Fault::error(Failure::Refused), Phase::Before)
}

fn two_services() -> Exploration {
    explore(async |chaos| (chaos.site("bank"), chaos.site("audit")))
        .act(async |sites| {
            let _ = sites.0.point("charge").await;
            let _ = sites.1.point("note").await;
        })
        .verify(async |_, ()| {})
}

fn tried(report: &Report) -> Vec<String> {
    let fates = report.fates().iter();
    fates
        .map(|one| format!("{} {}", one.operation, one.fault_case))
        .collect()
}

#[test]
fn faults_are_chosen_by_service() {
    let only_there = Faults::none().and_at("audit", refused());
    let report = two_services().faults(only_there).run();
    assert_eq!(tried(&report), ["audit/point note #1 before:refused"]);
    let twice = Faults::none()
        .and(SiteKind::Point, refused())
        .and_at("audit", refused());
    let report = two_services().faults(twice.clone()).run();
    assert_eq!(
        tried(&report),
        [
            "bank/point charge #1 before:refused",
            "audit/point note #1 before:refused"
        ],
    );
    let report = two_services().faults(twice.without_service("audit")).run();
    assert_eq!(tried(&report), ["bank/point charge #1 before:refused"]);
}

#[test]
fn the_standard_faults_of_a_client_include_statuses_cuts_a_stall_and_a_slow_reply() {
    let report = explore(async |chaos| {
        chaos.register(
            SiteKind::Client,
            "bank",
            Support::FLOWS.around_calls(&[FaultKind::Error, FaultKind::Latency]),
        )
    })
    .act(async |bank| {
        let mut decision = bank.decide(&Operation::new("POST /charge"));
        let limit = std::time::Duration::from_secs(10);
        let _ = tokio::time::timeout(limit, decision.apply(Phase::Before)).await;
    })
    .verify(async |_, ()| {})
    .report();
    let tried: BTreeSet<_> = report
        .fates()
        .iter()
        .map(|one| one.fault_case.to_string())
        .collect();
    for case in [
        "before:internal",
        "before:not_found",
        "before:overloaded",
        "before:latency=3s",
        r#"during:disconnect={"cut_after":1}"#,
        "during:disconnect=stall",
    ] {
        assert!(tried.contains(case), "{case}: {tried:?}");
    }
}
