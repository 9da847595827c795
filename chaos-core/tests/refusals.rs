//! Faults that a site can apply only with some parameters: refusals, breaks after some bytes.

use chaos_core::adapter::Support;
use chaos_core::{
    BlastRadius, ChaosManager, Disconnect, Error, Event, Experiment, Failure, Fault, Operation,
    Phase, SiteKind,
};

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

/// A break after some bytes would otherwise strike at once, and count as injected.
#[test]
fn a_break_after_some_bytes_needs_bytes() {
    let chaos = ChaosManager::new();
    let refused_at = |kind, disconnect, phase| {
        let _site = chaos.register(kind, "pms", Support::CALLS.and(Support::STREAMS));
        let experiment = Experiment::new("a")
            .fault(Fault::disconnect(disconnect))
            .phase(phase)
            .blast_radius(match kind {
                SiteKind::Stream => BlastRadius::streams_to("pms"),
                _ => BlastRadius::calls_to("pms"),
            });
        chaos.start(experiment).err().map(|error| error.to_string())
    };
    for disconnect in [Disconnect::ResetAfter(1), Disconnect::CutAfter(1)] {
        for phase in [Phase::Before, Phase::After] {
            let refused = refused_at(SiteKind::Client, disconnect, phase).unwrap();
            assert!(refused.ends_with("it can in phase `during`"), "{refused}");
        }
        assert_eq!(
            refused_at(SiteKind::Client, disconnect, Phase::During),
            None
        );
        assert_eq!(
            refused_at(SiteKind::Stream, disconnect, Phase::Before),
            None
        );
    }
    let at_once = Disconnect::ResetAfter(0);
    assert_eq!(refused_at(SiteKind::Client, at_once, Phase::Before), None);
}
