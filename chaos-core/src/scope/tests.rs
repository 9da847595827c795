use super::*;

fn tag(text: &str) -> Tag {
    Tag::new(text).unwrap()
}

fn touch() -> Touch {
    Touch {
        experiment: "slow payments".into(),
        site: "payments".into(),
        operation: "POST /charge".into(),
        fault: "latency",
        phase: "before",
    }
}

#[test]
fn a_new_scope_is_a_first_attempt_without_tags() {
    let scope = Scope::new("order-7");
    assert_eq!(scope.key(), "order-7");
    assert_eq!(scope.key_hash(), xxhash_rust::xxh3::xxh3_64(b"order-7"));
    assert_eq!(scope.attempt(), Attempt::FIRST);
    assert_eq!(scope.tags(), []);
    assert_eq!(scope.baggage("tenant"), None);
    assert!(!scope.is_fresh());
    assert!(!scope.was_touched());
}

#[test]
fn fresh_scopes_have_different_keys() {
    let (one, other) = (Scope::fresh(), Scope::fresh());
    assert!(one.is_fresh());
    assert_ne!(one.key(), other.key());
    assert_ne!(one.key_hash(), other.key_hash());
}

#[test]
fn a_tag_is_added_once_and_in_order() {
    let scope = Scope::new("order-7")
        .tagged(tag("b"))
        .tagged(tag("a"))
        .tagged(tag("b"));
    assert_eq!(scope.tags(), [tag("b"), tag("a")]);
    assert!(scope.has_tag(&tag("a")));
    assert!(!scope.has_tag(&tag("c")));
}

#[test]
fn tagging_a_clone_does_not_affect_the_original() {
    let scope = Scope::new("order-7").tagged(tag("a"));
    let tagged = scope.clone().tagged(tag("b"));
    assert_eq!(scope.tags(), [tag("a")]);
    assert_eq!(tagged.tags(), [tag("a"), tag("b")]);
}

#[test]
fn a_retry_is_the_next_attempt_of_the_same_request() {
    let first = Scope::new("order-7")
        .tagged(tag("canary"))
        .on_attempt(Attempt::try_from(3).unwrap());
    let next = first.retry();
    assert_eq!(
        (next.key(), next.key_hash()),
        (first.key(), first.key_hash())
    );
    assert_eq!(next.tags(), first.tags());
    assert_eq!((first.attempt().get(), next.attempt().get()), (3, 4));
}

#[test]
fn a_retry_shares_touches_and_counts() {
    let first = Scope::new("order-7");
    let next = first.retry();
    next.record(touch());
    assert!(first.was_touched());
    assert_eq!(first.touched(), [touch()]);
    assert_eq!(first.touch_count(), 1);
    assert_eq!(
        [first.count_for(1), next.count_for(1), first.peek_count(1)],
        [0, 1, 2]
    );
}

#[test]
fn two_scopes_with_the_same_key_have_separate_histories() {
    let (one, other) = (Scope::new("order-7"), Scope::new("order-7"));
    one.record(touch());
    assert_eq!(one.count_for(1), 0);
    assert!(!other.was_touched());
    assert_eq!(other.count_for(1), 0);
    assert_eq!(one.key_hash(), other.key_hash());
}

#[test]
fn debug_shows_key_attempt_tags_and_touches() {
    let scope = Scope::new("order-7").tagged(tag("canary"));
    scope.record(touch());
    assert_eq!(
        format!("{scope:?}"),
        r#"Scope { key: "order-7", attempt: 1, tags: ["canary"], touch_count: 1, .. }"#
    );
}

#[test]
fn a_scope_can_be_sent_and_shared() {
    fn assert_sendable<T: Send + Sync + 'static>() {}
    assert_sendable::<Scope>();
    assert_sendable::<TagTrust>();
}
