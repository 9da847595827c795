//! A placement strikes exactly the operation and the request that its line names.

use chaos_core::adapter::Support;
use chaos_core::{Failure, Fault, Operation, Phase, Scope, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, Finding, explore};

/// Charges twice for each of two orders, and fails with the attempts that failed.
fn orders() -> Exploration {
    explore(async |chaos| chaos.site("bank"))
        .act(async |bank| {
            let mut failed = Vec::new();
            for order in ["order 6", "order 7"] {
                let first = Scope::new(order);
                for scope in [first.clone(), first.retry()] {
                    let attempt = format!("{order}, attempt {}", scope.attempt().get());
                    if scope
                        .enter(async { bank.point("charge").await })
                        .await
                        .is_err()
                    {
                        failed.push(attempt);
                    }
                }
            }
            failed
        })
        .verify(async |_, failed| assert!(failed.is_empty(), "{failed:?}"))
}

#[test]
fn requests_and_attempts_are_distinguished() {
    for (line, failed) in [
        (
            "bank charge #1 in order 6 before:refused",
            r#"["order 6, attempt 1"]"#,
        ),
        (
            "bank charge #1 attempt 2 in order 7 before:refused",
            r#"["order 7, attempt 2"]"#,
        ),
    ] {
        let report = orders().replay(line).report();
        assert!(report.to_markdown().contains(failed), "{report}");
    }
    for line in [
        "bank charge #1 before:refused",
        "bank charge #1 attempt 3 in order 7 before:refused",
    ] {
        let report = orders().replay(line).report();
        assert_eq!(report.unreached_sets(), [line], "{report}");
        assert!(!report.is_clean());
    }
}

#[test]
fn sites_of_one_service_are_distinguished_by_kind() {
    let exploration = || {
        explore(async |chaos| {
            let client = chaos.register(SiteKind::Client, "bank", Support::CALLS);
            (chaos.site("bank"), client)
        })
        .act(async |sites| {
            let at_point = sites.0.point("charge").await.is_err();
            let mut decision = sites.1.decide(&Operation::new("charge"));
            (at_point, decision.apply(Phase::Before).await.is_err())
        })
        .verify(async |_, failed| assert_eq!(failed, (false, false)))
    };
    for (line, failed) in [
        ("bank/point charge #1 before:refused", "(true, false)"),
        ("bank/client charge #1 before:refused", "(false, true)"),
    ] {
        let report = exploration().replay(line).report();
        assert!(report.to_markdown().contains(failed), "{report}");
    }
}

/// Generated keys differ in each run.
#[test]
fn a_request_without_a_key_is_named_after_its_first_operation() {
    let report = explore(async |chaos| {
        let shop = chaos.register(SiteKind::Server, "shop", Support::CALLS);
        (shop, chaos.site("bank"))
    })
    .act(async |sites| {
        let (shop, bank) = &*sites;
        let request = async {
            let mut decision = shop.decide(&Operation::new("POST /orders"));
            decision.apply(Phase::Before).await.is_ok() && bank.point("charge").await.is_ok()
        };
        let ordered = Scope::fresh().enter(request).await;
        ordered
            && Scope::fresh()
                .enter(async { bank.point("audit").await })
                .await
                .is_ok()
    })
    .verify(async |_, ordered| assert!(ordered))
    .faults(
        Faults::none()
            .and(SiteKind::Server, refused())
            .and(SiteKind::Point, refused()),
    )
    .report();
    let found: Vec<_> = report.findings().iter().map(Finding::line).collect();
    assert_eq!(
        found,
        [
            "shop/server POST /orders #1 before:refused",
            "bank/point charge #1 in shop POST /orders before:refused",
            "bank/point audit #1 in ? before:refused",
        ],
        "{report}"
    );
}

fn refused() -> FaultCase {
    FaultCase::once(Fault::error(Failure::Refused), Phase::Before)
}
