//! Operations that fail without any fault, which a test may not notice.

use chaos_core::adapter::{Outcome, Support};
use chaos_core::{Failure, Fault, Operation, Phase, Site, SiteKind};
use chaos_explore::{Exploration, Fate, FaultCase, Faults, explore};

/// Performs an operation that fails if it is struck, or if its dependency is down.
async fn call(site: &Site, is_down: bool) -> bool {
    let observation = site.observe();
    let mut decision = site.decide(&Operation::new("GET /price"));
    let is_done = decision.apply(Phase::Before).await.is_ok() && !is_down;
    if let Some(observation) = observation {
        let outcome = if is_done {
            Outcome::Success
        } else {
            Outcome::Failure
        };
        observation.finish(outcome);
    }
    is_done
}

/// Asks the primary, which is down in some calls, and then the secondary.
fn quoting(down: impl Fn(u32) -> bool + Send + Sync + 'static) -> Exploration {
    explore(async |chaos| {
        ["primary", "secondary"]
            .map(|service| chaos.register(SiteKind::Client, service, Support::CALLS))
    })
    .act(async move |sites| {
        let [primary, secondary] = &*sites;
        let mut is_quoted = false;
        for nth in 0..2 {
            is_quoted = call(primary, down(nth)).await || call(secondary, false).await;
        }
        is_quoted
    })
    .verify(async |_, _| {})
    .faults(Faults::none().and_at(
        "primary",
        FaultCase::once(Fault::error(Failure::Refused), Phase::Before),
    ))
}

#[test]
fn a_dependency_that_is_down_without_any_fault_is_mentioned() {
    let report = quoting(|_| true).run();
    let text = report.to_markdown();
    let mention = "Operations failed without any fault: 2 of 2 at `primary/client`.";
    assert!(text.contains(mention), "{text}");
    // The fault does what happens anyway.
    let fates: Vec<_> = report.fates().iter().map(|one| one.fate).collect();
    assert_eq!(fates, [Fate::Unknown; 2], "{report}");
}

#[test]
fn a_dependency_that_is_down_at_times_is_mentioned_but_its_faults_have_fates() {
    let report = quoting(|nth| nth == 0).run();
    let text = report.to_markdown();
    assert!(text.contains("1 of 2 at `primary/client`"), "{text}");
    let fates: Vec<_> = report.fates().iter().map(|one| one.fate).collect();
    assert_eq!(fates, [Fate::Absorbed; 2], "{report}");
}

#[test]
fn a_dependency_that_fails_only_under_faults_is_not_mentioned() {
    let text = quoting(|_| false).run().to_markdown();
    assert!(!text.contains("without any fault"), "{text}");
}
