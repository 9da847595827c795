//! Sites whose operations share open connections, so that none can be refused.

use chaos_core::adapter::Support;
use chaos_core::{BlastRadius, ChaosManager, Error, Event, Failure, Fault, Operation, SiteKind};

const KEPT: Support = Support::CALLS.without_refusals();

fn calls() -> BlastRadius {
    BlastRadius::calls_to("payments")
}

#[test]
fn a_refusal_is_refused_at_start_and_named() {
    let chaos = ChaosManager::new();
    let _site = chaos.register(SiteKind::Client, "payments", KEPT);
    let refused = chaos.inject(calls(), Fault::error(Failure::Refused));
    let error = refused.unwrap_err();
    assert!(matches!(&error, Error::CannotRefuse { service, .. } if service == "payments"));
    assert!(error.to_string().contains("`streams_to`"), "{error}");
    assert!(chaos.inject(calls(), Fault::error(Failure::Reset)).is_ok());
}

#[test]
fn another_adapter_at_the_same_site_can_refuse() {
    let chaos = ChaosManager::new();
    let site = chaos.register(SiteKind::Client, "payments", KEPT);
    let _other = chaos.register(SiteKind::Client, "payments", Support::CALLS);
    let _down = chaos
        .inject(calls(), Fault::error(Failure::Refused))
        .unwrap();
    let kept = Operation::new("GET /").fails_as(|failure| failure != Failure::Refused);
    assert!(site.decide(&kept).is_none());
    assert!(!site.decide(&Operation::new("GET /")).is_none());
}

#[test]
fn a_site_that_comes_later_is_journalled_and_explained() {
    let chaos = ChaosManager::new();
    let _down = chaos
        .inject(calls(), Fault::error(Failure::Refused))
        .unwrap();
    let site = chaos.register(SiteKind::Client, "payments", KEPT);
    assert!(site.needs().is_none());
    let journal = chaos.journal();
    let is_unsupported = |event: &Event| matches!(event, Event::NotSupported { .. });
    assert!(journal.iter().any(|entry| is_unsupported(&entry.event)));
    let explanation = chaos.explain("payments", "GET /").to_string();
    assert!(explanation.contains("can't refuse"), "{explanation}");
}
