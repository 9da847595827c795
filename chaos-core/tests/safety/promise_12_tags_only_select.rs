//! 12. The tag of a request only selects an experiment that is already running here.

use std::time::{Duration, SystemTime};

use chaos_core::error::TagRefusal;
use chaos_core::scope::KeyId;
use chaos_core::{BlastRadius, ChaosManager, Scope, Site, Tag, TagKeys, TagTrust};

use crate::asking::gets_through;
use crate::experiments::{PMS, failing};

const REQUEST: &str = "order-7";

fn keys(id: &str, secret: u8) -> TagKeys {
    TagKeys::new(KeyId::new(id).unwrap(), [secret; 32]).unwrap()
}

fn trusted() -> TagKeys {
    keys("ours", 1)
}

/// The baggage of a request, signed by `keys` at a time.
fn baggage(keys: &TagKeys, at: SystemTime) -> String {
    let sent = Scope::new(REQUEST).tagged(Tag::new("canary").unwrap());
    keys.sign(&sent, at).unwrap()
}

fn received(headers: &[(&str, &str)], trust: &TagTrust) -> (Scope, Option<TagRefusal>) {
    let received = Scope::receive(headers, trust, SystemTime::now());
    (received.scope, received.refusal)
}

/// A service at which only requests with the tag `canary` fail.
fn canary_fails() -> (ChaosManager, Site, chaos_core::ExperimentGuard) {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let radius = BlastRadius::points_at(PMS).tagged("canary");
    let guard = chaos.start(failing("canary").blast_radius(radius)).unwrap();
    (chaos, pms, guard)
}

async fn is_hit(site: &Site, scope: &Scope) -> bool {
    !scope.enter(gets_through(site)).await
}

#[tokio::test]
async fn a_fresh_tag_signed_by_a_trusted_key_selects() {
    let (_chaos, pms, guard) = canary_fails();
    let baggage = baggage(&trusted(), SystemTime::now());
    let headers = [("x-request-id", REQUEST), ("baggage", &*baggage)];
    let (scope, refusal) = received(&headers, &TagTrust::signed_by(trusted()));
    assert_eq!(refusal, None);
    assert!(is_hit(&pms, &scope).await);
    assert!(!is_hit(&pms, &Scope::new("untagged")).await);
    assert_eq!(guard.injected(), 1);
}

#[tokio::test]
async fn a_service_without_trusted_keys_ignores_every_tag() {
    let (_chaos, pms, _guard) = canary_fails();
    let baggage = baggage(&trusted(), SystemTime::now());
    let headers = [("x-request-id", REQUEST), ("baggage", &*baggage)];
    for trust in [TagTrust::none(), TagTrust::default()] {
        let (scope, refusal) = received(&headers, &trust);
        assert_eq!(refusal, Some(TagRefusal::NotTrusted));
        assert!(scope.tags().is_empty());
        assert!(!is_hit(&pms, &scope).await);
    }
}

#[tokio::test]
async fn a_tag_without_a_valid_signature_selects_nothing() {
    let now = SystemTime::now();
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let fresh = baggage(&trusted(), now);
    let cases = [
        ("expired", REQUEST, baggage(&trusted(), now - minutes(2))),
        ("future", REQUEST, baggage(&trusted(), now + minutes(10))),
        ("unknown key", REQUEST, baggage(&keys("theirs", 1), now)),
        (
            "same id, other secret",
            REQUEST,
            baggage(&keys("ours", 2), now),
        ),
        ("tampered", REQUEST, tampered(&fresh)),
        ("other request", "order-8", fresh.clone()),
        ("twice", REQUEST, format!("{fresh},{fresh}")),
        ("plain", REQUEST, "chaos=canary".to_owned()),
    ];
    let (_chaos, pms, guard) = canary_fails();
    let trust = TagTrust::signed_by(trusted());
    for (what, request, baggage) in cases {
        let headers = [("x-request-id", request), ("baggage", &*baggage)];
        let (scope, refusal) = received(&headers, &trust);
        assert!(refusal.is_some(), "{what}");
        assert!(scope.tags().is_empty(), "{what}");
        assert!(!is_hit(&pms, &scope).await, "{what}");
    }
    assert_eq!(guard.injected(), 0);
}

/// Changes the last character of the payload, which invalidates the signature.
fn tampered(member: &str) -> String {
    let (payload, signature) = member.split_once('.').unwrap();
    let (rest, last) = payload.split_at(payload.len() - 1);
    let other = if last == "A" { "Q" } else { "A" };
    format!("{rest}{other}.{signature}")
}

#[tokio::test]
async fn a_tag_never_starts_an_experiment() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let keys = trusted();
    let trust = TagTrust::signed_by(trusted());
    for tag in ["canary", "fault=error", "experiment=down", "latency=1h"] {
        let sent = Scope::new(REQUEST).tagged(Tag::new(tag).unwrap());
        let baggage = keys.sign(&sent, SystemTime::now()).unwrap();
        let headers = [("x-request-id", REQUEST), ("baggage", &*baggage)];
        let (scope, refusal) = received(&headers, &trust);
        assert_eq!(refusal, None);
        assert!(!is_hit(&pms, &scope).await);
    }
    assert!(chaos.status().is_empty() && chaos.journal().is_empty());
}

#[tokio::test]
async fn a_tag_selects_no_ended_experiment() {
    let (_chaos, pms, guard) = canary_fails();
    let scope = Scope::new(REQUEST).tagged(Tag::new("canary").unwrap());
    assert!(is_hit(&pms, &scope).await);
    drop(guard);
    assert!(!is_hit(&pms, &scope).await);
}

#[tokio::test]
async fn a_request_must_have_all_tags_of_a_radius() {
    let chaos = ChaosManager::new();
    let pms = chaos.site(PMS);
    let radius = BlastRadius::points_at(PMS)
        .tagged("canary")
        .tagged("tenant=acme");
    let _guard = chaos.start(failing("both").blast_radius(radius)).unwrap();
    let one = Scope::new(REQUEST).tagged(Tag::new("canary").unwrap());
    assert!(!is_hit(&pms, &one).await);
    let both = one.tagged(Tag::new("tenant=acme").unwrap());
    assert!(is_hit(&pms, &both).await);
}
