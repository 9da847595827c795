use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;
use crate::scope::{Attempt, KeyId, Tag, TagKeys};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn keys() -> TagKeys {
    TagKeys::new(KeyId::new("k1").unwrap(), [7; 32]).unwrap()
}

fn trust() -> TagTrust {
    TagTrust::signed_by(keys())
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000)
}

fn canary() -> Tag {
    Tag::new("canary").unwrap()
}

fn key_of(headers: &[(&str, &str)]) -> Option<String> {
    let scope = Scope::from_headers(headers, &TagTrust::none());
    (!scope.is_fresh()).then(|| scope.key().to_owned())
}

/// Returns a member that marks a request as the second attempt of a canary.
fn member_for(key: &str) -> String {
    keys()
        .sign(&Scope::new(key).tagged(canary()).retry(), now())
        .unwrap()
}

fn assert_ignored(received: &Received, refusal: Option<TagRefusal>) {
    assert_eq!(received.refusal, refusal);
    assert_eq!(received.scope.tags(), []);
    assert_eq!(received.scope.attempt(), Attempt::FIRST);
}

#[test]
fn the_trace_id_takes_precedence_over_the_request_id() {
    let both = [("X-Request-Id", "order-7"), ("Traceparent", TRACEPARENT)];
    assert_eq!(key_of(&both).as_deref(), Some(TRACE));
    assert_eq!(key_of(&both[..1]).as_deref(), Some("order-7"));
    assert_eq!(key_of(&[]), None);
}

#[test]
fn the_request_id_replaces_an_invalid_trace_id() {
    let headers = [
        ("traceparent", "00-nonsense"),
        ("x-request-id", " order-7 "),
    ];
    assert_eq!(key_of(&headers).as_deref(), Some("order-7"));
}

#[test]
fn a_header_that_occurs_twice_is_not_a_key() {
    let request_id = ("x-request-id", "order-7");
    let trace = ("traceparent", TRACEPARENT);
    assert_eq!(
        key_of(&[trace, trace, request_id]).as_deref(),
        Some("order-7")
    );
    assert_eq!(
        key_of(&[trace, ("traceparent", "nonsense"), request_id]).as_deref(),
        Some("order-7")
    );
    assert_eq!(key_of(&[request_id, ("x-request-id", "order-8")]), None);
}

#[test]
fn baggage_is_read_from_all_headers_and_kept_by_retries() {
    let headers = [
        ("baggage", "tenant=acme"),
        ("Baggage", "region=eu%20west;ttl=1"),
    ];
    let scope = Scope::from_headers(&headers, &TagTrust::none());
    assert_eq!(scope.baggage("tenant"), Some("acme"));
    assert_eq!(scope.retry().baggage("region"), Some("eu west"));
    assert_eq!(scope.baggage("ttl"), None);
}

#[test]
fn a_signed_member_sets_tags_and_attempt() {
    let member = format!("tenant=acme,{}", member_for(TRACE));
    let received = Scope::receive(
        &[("traceparent", TRACEPARENT), ("baggage", &member)],
        &trust(),
        now(),
    );
    assert_eq!(received.refusal, None);
    assert_eq!(received.scope.tags(), [canary()]);
    assert_eq!(received.scope.attempt(), Attempt::FIRST.next());
    assert_eq!(received.scope.baggage("tenant"), Some("acme"));
    assert_eq!(received.scope.baggage("chaos"), None);
}

#[test]
fn a_service_trusts_no_tags_by_default() {
    let member = member_for("order-7");
    let headers = [("x-request-id", "order-7"), ("baggage", &member)];
    assert_ignored(
        &Scope::receive(&headers, &TagTrust::default(), now()),
        Some(TagRefusal::NotTrusted),
    );
    assert_ignored(
        &Scope::receive(&headers, &TagTrust::none(), now()),
        Some(TagRefusal::NotTrusted),
    );
}

#[test]
fn without_a_member_nothing_is_refused() {
    let headers = [
        ("x-request-id", "order-7"),
        ("baggage", "canary=1,tags=canary,attempt=2"),
    ];
    assert_ignored(&Scope::receive(&headers, &trust(), now()), None);
}

#[test]
fn a_member_of_another_request_is_ignored() {
    let member = member_for("order-8");
    let headers = [("x-request-id", "order-7"), ("baggage", &member)];
    assert_ignored(
        &Scope::receive(&headers, &trust(), now()),
        Some(TagRefusal::OtherRequest),
    );
    assert_ignored(
        &Scope::receive(&headers[1..], &trust(), now()),
        Some(TagRefusal::OtherRequest),
    );
}

#[test]
fn two_members_are_refused_even_if_both_are_valid() {
    let member = member_for("order-7");
    let headers = [
        ("x-request-id", "order-7"),
        ("baggage", &member),
        ("baggage", &member),
    ];
    assert_ignored(
        &Scope::receive(&headers, &trust(), now()),
        Some(TagRefusal::SeveralMembers),
    );
}

#[test]
fn an_expired_member_is_refused() {
    let member = member_for("order-7");
    let headers = [("x-request-id", "order-7"), ("baggage", &member)];
    let later = now() + Duration::from_secs(60);
    assert_ignored(
        &Scope::receive(&headers, &trust(), later),
        Some(TagRefusal::Expired),
    );
    let scope = Scope::from_headers(&headers, &trust());
    assert_eq!(scope.tags(), [], "the current time is even later");
}

#[test]
fn a_member_with_a_changed_byte_is_ignored() {
    let member = member_for("order-7").into_bytes();
    for position in 0..member.len() {
        let flipped = (0..8).map(|bit| member[position] ^ (1 << bit));
        for replacement in flipped
            .chain(*b"=,;.%\0")
            .filter(|&byte| byte != member[position])
        {
            let mut tampered = member.clone();
            tampered[position] = replacement;
            let headers = [("x-request-id", b"order-7".to_vec()), ("baggage", tampered)];
            let scope = Scope::receive(&headers, &trust(), now()).scope;
            assert_eq!(scope.tags(), [], "{replacement} at {position}");
            assert_eq!(
                scope.attempt(),
                Attempt::FIRST,
                "{replacement} at {position}"
            );
        }
    }
}

/// Arbitrary or almost valid bytes, as an attacker might send them.
fn header_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        "[ -~]{0,80}".prop_map(String::into_bytes),
        "[0f]{2}-[0a-f]{30,34}-[0-9a-f]{14,18}-[0-9]{2}-?".prop_map(String::into_bytes),
        "(chaos|a|%|)=?[0-9a-zA-Z%=;,._-]{0,120}".prop_map(String::into_bytes),
        // About the maximum length of all baggage.
        ("[a=,%;é]{1,9}", 8_150..8_250_usize).prop_map(|(text, length)| {
            let repeated = text.bytes().cycle();
            repeated.take(length).collect()
        }),
    ]
}

proptest! {
    #[test]
    fn any_bytes_make_a_scope(values in proptest::collection::vec((0..3_usize, header_value()), 0..5)) {
        let names = ["traceparent", "x-request-id", "baggage"];
        let headers: Vec<(&str, Vec<u8>)> = values.into_iter().map(|(name, value)| (names[name], value)).collect();
        let scope = Scope::from_headers(headers.as_slice(), &trust());
        prop_assert!(!scope.key().is_empty());
        prop_assert!(scope.key().len() <= 200);
        prop_assert_eq!(scope.tags(), &[]);
    }
}
