use std::num::NonZeroU32;

use super::*;
use crate::scope::KeyId;

const KEY: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SECRET: [u8; 32] = [7; 32];
const OTHER_SECRET: [u8; 32] = [8; 32];

fn id(text: &str) -> KeyId {
    KeyId::new(text).unwrap()
}

fn keys() -> TagKeys {
    TagKeys::new(id("k1"), SECRET).unwrap()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn scope() -> Scope {
    let tags = ["canary", "tenant=acme"].map(|tag| Tag::new(tag).unwrap());
    tags.into_iter()
        .fold(Scope::new(KEY), Scope::tagged)
        .on_attempt(NonZeroU32::new(3).unwrap())
}

/// Returns the value of a member that `keys` sign at second 1,000.
fn value_by(keys: &TagKeys) -> String {
    let member = keys.sign(&scope(), at(1_000)).unwrap();
    member.strip_prefix("chaos=").unwrap().to_owned()
}

/// Signs any payload with a known key, as only a bug elsewhere could.
fn forged(payload: &str) -> String {
    let payload = BASE64.encode(payload);
    let signature = signed_hmac(&keys().signing().hmac, &payload)
        .finalize()
        .into_bytes();
    format!("{payload}.{}", BASE64.encode(signature))
}

#[test]
fn signed_tags_are_read_back() {
    let signed = keys().verify(&value_by(&keys()), KEY, at(1_000)).unwrap();
    assert_eq!(signed.attempt.get(), 3);
    assert_eq!(signed.tags, scope().tags());
}

#[test]
fn an_attempt_travels_without_tags() {
    let member = keys().sign(&Scope::new(KEY).retry(), at(1_000)).unwrap();
    let signed = keys()
        .verify(&member["chaos=".len()..], KEY, at(1_000))
        .unwrap();
    assert_eq!(
        signed,
        SignedTags {
            attempt: Attempt::FIRST.next(),
            tags: Vec::new()
        }
    );
}

#[test]
fn a_member_has_one_equals_sign_and_only_characters_that_need_no_escape() {
    let value = value_by(&keys());
    assert!(
        value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
        "{value}"
    );
}

#[test]
fn a_signature_is_valid_until_it_expires() {
    let value = value_by(&keys());
    let last = at(1_060) - Duration::from_nanos(1);
    assert!(keys().verify(&value, KEY, last).is_ok());
    assert_eq!(
        keys().verify(&value, KEY, at(1_060)),
        Err(TagRefusal::Expired)
    );
}

#[test]
fn clocks_may_differ_by_30_seconds() {
    let value = value_by(&keys());
    assert!(keys().verify(&value, KEY, at(970)).is_ok());
    assert_eq!(
        keys().verify(&value, KEY, at(969)),
        Err(TagRefusal::FromTheFuture)
    );
    assert_eq!(
        keys().verify(&value, KEY, UNIX_EPOCH - MAX_SKEW),
        Err(TagRefusal::FromTheFuture)
    );
}

#[test]
fn the_validity_limits_the_receiver_too() {
    let long = keys().valid_for(Duration::from_secs(300)).unwrap();
    let value = value_by(&long);
    assert!(long.verify(&value, KEY, at(1_299)).is_ok());
    assert_eq!(
        long.verify(&value, KEY, at(1_300)),
        Err(TagRefusal::Expired)
    );
    assert_eq!(
        keys().verify(&value, KEY, at(1_000)),
        Err(TagRefusal::FromTheFuture)
    );
}

#[test]
fn a_fraction_of_a_second_extends_the_signature() {
    let keys = keys().valid_for(Duration::from_millis(1_500)).unwrap();
    let value = value_by(&keys);
    assert!(keys.verify(&value, KEY, at(1_001)).is_ok());
    assert_eq!(
        keys.verify(&value, KEY, at(1_002)),
        Err(TagRefusal::Expired)
    );
}

#[test]
fn a_signature_for_another_request_is_refused() {
    let value = value_by(&keys());
    assert_eq!(
        keys().verify(&value, "order-7", at(1_000)),
        Err(TagRefusal::OtherRequest)
    );
}

#[test]
fn keys_rotate_without_a_gap() {
    let old = keys();
    let new = TagKeys::new(id("k2"), OTHER_SECRET).unwrap();
    let both = new.clone().accept(id("k1"), SECRET).unwrap();
    assert!(both.verify(&value_by(&old), KEY, at(1_000)).is_ok());
    assert!(new.verify(&value_by(&both), KEY, at(1_000)).is_ok());
    assert_eq!(
        new.verify(&value_by(&old), KEY, at(1_000)),
        Err(TagRefusal::UnknownKey)
    );
}

#[test]
fn another_secret_under_the_same_id_is_refused() {
    let other = TagKeys::new(id("k1"), OTHER_SECRET).unwrap();
    assert_eq!(
        keys().verify(&value_by(&other), KEY, at(1_000)),
        Err(TagRefusal::WrongSignature)
    );
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let value = value_by(&keys());
    for position in 0..value.len() {
        for bit in 0..7 {
            let mut tampered = value.clone().into_bytes();
            tampered[position] ^= 1 << bit;
            let tampered = String::from_utf8(tampered).unwrap();
            let verified = keys().verify(&tampered, KEY, at(1_000));
            assert!(verified.is_err(), "bit {bit} at {position}");
        }
    }
}

#[test]
fn a_shortened_or_lengthened_member_is_refused() {
    let value = value_by(&keys());
    for length in 0..value.len() {
        assert!(
            keys().verify(&value[..length], KEY, at(1_000)).is_err(),
            "{length}"
        );
    }
    for more in ["A", "=", "==", ".", ".AAAA"] {
        assert!(
            keys()
                .verify(&format!("{value}{more}"), KEY, at(1_000))
                .is_err(),
            "{more}"
        );
    }
}

#[test]
fn the_signature_is_bound_to_its_purpose() {
    let payload = BASE64.encode(format!("1;k1;1060;1;{};", digest(KEY)));
    let bare = keys()
        .signing()
        .hmac
        .clone()
        .chain_update(&payload)
        .finalize()
        .into_bytes();
    let value = format!("{payload}.{}", BASE64.encode(bare));
    assert_eq!(
        keys().verify(&value, KEY, at(1_000)),
        Err(TagRefusal::WrongSignature)
    );
}

#[test]
fn a_signed_payload_of_another_format_is_malformed() {
    let request = digest(KEY);
    let good = forged(&format!("1;k1;1060;1;{request};a,b"));
    assert!(keys().verify(&good, KEY, at(1_000)).is_ok());
    for bad in [
        format!("2;k1;1060;1;{request};a,b"),
        format!("1;k1;1060;0;{request};a,b"),
        format!("1;k1;1060;4294967296;{request};a,b"),
        format!("1;k1;soon;1;{request};a,b"),
        format!("1;k1;1060;1;{request};a,,b"),
        format!("1;k1;1060;1;{request};a b"),
        format!("1;k1;1060;1;{request};a;b"),
        format!("1;k1;1060;1;{request}"),
        String::new(),
    ] {
        assert_eq!(
            keys().verify(&forged(&bad), KEY, at(1_000)),
            Err(TagRefusal::Malformed),
            "{bad}"
        );
    }
    assert_eq!(
        keys().verify("no dot", KEY, at(1_000)),
        Err(TagRefusal::Malformed)
    );
}

#[test]
fn a_member_has_at_most_4096_bytes() {
    let sign = |scope: &Scope| keys().sign(scope, at(1_000));
    let long_tag = |number: u32| Tag::new(format!("{number:0128}")).unwrap();
    let fits = (0..16)
        .map(long_tag)
        .fold(Scope::new("x".repeat(10_000)), Scope::tagged);
    assert!(sign(&fits).is_ok());
    let over = (0..24).map(long_tag).fold(Scope::new(KEY), Scope::tagged);
    let refused = sign(&over).unwrap_err();
    assert!(refused.length > MAX_LENGTH);

    assert_eq!(
        keys().verify(&"x".repeat(4_096), KEY, at(1_000)),
        Err(TagRefusal::Malformed)
    );
    assert_eq!(
        keys().verify(&"x".repeat(4_097), KEY, at(1_000)),
        Err(TagRefusal::Oversize)
    );
}
