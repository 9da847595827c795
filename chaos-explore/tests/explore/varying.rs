//! Tests that vary from run to run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use chaos_core::{Failure, Fault, Phase, SiteKind};
use chaos_explore::{Exploration, Fate, FaultCase, Faults, Gap, explore};

/// Charges, replies with `reply(is_refused)`, and checks the reply.
fn charge<R: std::fmt::Debug + Send + 'static>(
    reply: impl Fn(bool) -> R + Send + Sync + 'static,
    is_correct: impl Fn(R) -> bool + Send + Sync + 'static,
) -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| reply(bank.point("charge").await.is_err()))
        .verify(async move |_, reply| assert!(is_correct(reply)))
        .faults(Faults::none().and(
            SiteKind::Point,
            FaultCase::once(Fault::error(Failure::Refused), Phase::Before),
        ))
}

#[test]
fn a_finding_that_is_not_reproduced_is_reported() {
    let failed = Arc::new(AtomicU32::new(0));
    let only_once = move |is_refused| is_refused && failed.fetch_add(1, Relaxed) == 0;
    let report = charge(only_once, |is_first| !is_first).report();
    let [finding] = report.findings() else {
        panic!("{report}");
    };
    assert!(!finding.is_reproducible());
    assert!(
        report.to_markdown().contains("did not happen again"),
        "{report}"
    );
}

#[test]
fn a_varying_reply_makes_the_fate_unknown() {
    let replies = AtomicU32::new(0);
    let next = move |_| replies.fetch_add(1, Relaxed);
    let report = charge(next, |_| true).run();
    let fates: Vec<_> = report.fates().iter().map(|one| one.fate).collect();
    assert_eq!(fates, [Fate::Unknown], "{report}");
}

#[test]
fn a_run_uses_the_configured_seed() {
    explore(async |chaos| chaos)
        .act(async |chaos| chaos.seed())
        .verify(async |_, seed| assert_eq!(seed, 77))
        .seed(77)
        .allow(Gap::NoOperations)
        .allow(Gap::NothingInjected)
        .run();
}

/// Reserves a room whose id is generated.
fn reserve() -> Exploration {
    let rooms = AtomicU32::new(0);
    explore(async |chaos| chaos.site("pms"))
        .act(async move |pms| {
            let room = rooms.fetch_add(1, Relaxed);
            let _ = pms.point(&*format!("PUT /rooms/{room}/guest")).await;
        })
        .verify(async |_, ()| {})
        .faults(Faults::none().and(
            SiteKind::Point,
            FaultCase::once(Fault::error(Failure::Refused), Phase::Before),
        ))
}

#[test]
fn operations_with_generated_ids_are_unified() {
    assert!(reserve().report().difference().is_some());
    let report = reserve().unify("PUT /rooms/*/guest").run();
    assert_eq!(report.sets_tried(), 1);
    let operation = report.operations()[0].to_string();
    assert_eq!(operation, "pms/point PUT /rooms/*/guest #1");
    let line = "pms PUT /rooms/*/guest #1 before:refused";
    let replayed = reserve().unify("PUT /rooms/*/guest").replay(line).run();
    assert_eq!(replayed.sets_tried(), 1);
}
