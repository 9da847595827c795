//! A finding becomes a test of its own with the code that the report prints for it.

use chaos_core::adapter::Support;
use chaos_core::{Failure, Fault, Operation, Phase, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, explore};

/// An operation whose name needs escapes, both in a replay line and in Rust.
const QUOTED: &str = "SELECT \"id\" FROM 'a\\b'; -- é #1";

fn charging() -> Exploration {
    let lost = FaultCase::once(Fault::error(Failure::Reset), Phase::After);
    let status = Failure::status(402).unwrap();
    let refused = FaultCase::onwards(Fault::error(status), Phase::Before);
    explore(async |chaos| chaos.register(SiteKind::Database, "the bank", Support::CALLS))
        .act(async |bank| {
            let mut decision = bank.decide(&Operation::new(QUOTED));
            let before = decision.apply(Phase::Before).await;
            before.is_ok() && decision.apply(Phase::After).await.is_ok()
        })
        .verify(async |_, paid| assert!(paid, "not paid"))
        .faults(
            Faults::none()
                .and(SiteKind::Database, lost)
                .and(SiteKind::Database, refused),
        )
}

/// Expands to an exploration with some code appended, and to the text of that code.
macro_rules! kept {
    ($($code:tt)+) => { (charging() $($code)+, stringify!($($code)+)) };
}

#[test]
fn the_printed_code_compiles_and_finds_the_same() {
    let kept = [
        kept!(.replay("the%20bank/database SELECT \"id\" FROM %27a\\b%27%3b -- é %231 #1 after:reset")),
        kept!(.replay("the%20bank/database SELECT \"id\" FROM %27a\\b%27%3b -- é %231 #1 before:error={\"status\":402} onwards")),
    ];
    let report = charging().report();
    let text = report.to_markdown();
    assert_eq!(report.findings().len(), kept.len(), "{report}");
    for ((exploration, code), finding) in kept.into_iter().zip(report.findings()) {
        assert_eq!(finding.to_rust(), code);
        let replayed = exploration.report();
        assert_eq!(replayed.findings()[0].line(), finding.line(), "{replayed}");
    }
    let first = report.findings()[0].to_rust();
    assert!(
        text.contains(&format!("put `{first}` before `.run()`")),
        "{text}"
    );
}
