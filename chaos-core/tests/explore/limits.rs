//! What was not tried is said, and a test that nothing was tried on does not pass.

use chaos_core::{
    BlastRadius, Failure, Fate, Fault, Faults, Finding, Mishap, Phase, Report, SiteKind, explore,
};

fn lines(report: &Report) -> Vec<&str> {
    report.findings().iter().map(Finding::line).collect()
}

/// An outage must not end before the retries do.
#[test]
fn an_outage_outlasts_more_operations_than_are_recorded() {
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
        .faults(down())
        .report();
    assert_eq!(
        lines(&report),
        ["bank/point charge #1 before:unavailable onwards"],
        "{report}"
    );
}

#[test]
fn operations_that_were_too_many_are_told() {
    let report = explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            for _ in 0..20_007 {
                let _ = bank.point("charge").await;
            }
        })
        .verify(async |_, ()| {})
        .faults(Faults::none())
        .report();
    assert_eq!(report.operations_beyond(), 7);
    assert!(
        report.to_markdown().contains("the last 7 operations"),
        "{}",
        report.to_markdown().lines().last().unwrap()
    );
}

fn down() -> Faults {
    let unavailable = Fault::error(Failure::Unavailable);
    Faults::none().and(SiteKind::Point, Mishap::onwards(unavailable, Phase::Before))
}

#[test]
fn what_never_struck_was_not_absorbed() {
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
            Mishap::once(Fault::error(Failure::Reset), Phase::After),
        ))
        .run();
    let fates: Vec<_> = report.absorption().iter().map(|one| one.fate).collect();
    assert_eq!(fates, [Fate::Unknown], "{report}");
}
