//! What varies from run to run is named for what it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use chaos_core::{Failure, Fault, Phase, SiteKind};
use chaos_explore::{Exploration, Fate, FaultCase, Faults, explore};

/// Answers with what this makes of whether the charge was refused.
fn charging<R: std::fmt::Debug + Send + 'static>(
    answer: impl Fn(bool) -> R + Send + Sync + 'static,
    is_right: impl Fn(R) -> bool + Send + Sync + 'static,
) -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async move |bank| answer(bank.point("charge").await.is_err()))
        .verify(async move |_, reply| assert!(is_right(reply)))
        .faults(Faults::none().and(
            SiteKind::Point,
            FaultCase::once(Fault::error(Failure::Refused), Phase::Before),
        ))
}

#[test]
fn a_finding_that_does_not_happen_again_is_told() {
    let failed = Arc::new(AtomicU32::new(0));
    let only_once = move |is_refused| is_refused && failed.fetch_add(1, Relaxed) == 0;
    let report = charging(only_once, |is_first| !is_first).report();
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
fn an_answer_that_varies_tells_nothing() {
    let answers = AtomicU32::new(0);
    let another = move |_| answers.fetch_add(1, Relaxed);
    let report = charging(another, |_| true).run();
    let fates: Vec<_> = report.fates().iter().map(|one| one.fate).collect();
    assert_eq!(fates, [Fate::Unknown], "{report}");
}

#[test]
fn a_run_has_the_seed_that_it_was_given() {
    explore(async |chaos| chaos)
        .act(async |chaos| chaos.seed())
        .verify(async |_, seed| assert_eq!(seed, 77))
        .seed(77)
        .run();
}
