use super::*;

fn read(headers: &[&[u8]]) -> (Baggage, OurMember) {
    let mut reader = BaggageReader::default();
    for header in headers {
        reader.read(header);
    }
    reader.finish()
}

fn value(header: &str, name: &str) -> Option<String> {
    read(&[header.as_bytes()]).0.get(name).map(str::to_owned)
}

fn members(count: usize) -> String {
    let members: Vec<String> = (1..=count)
        .map(|number| format!("m{number}=v{number}"))
        .collect();
    members.join(",")
}

/// Returns a member of exactly `length` bytes.
fn member(name: &str, length: usize) -> String {
    format!("{name}={}", "x".repeat(length - name.len() - 1))
}

#[test]
fn members_are_found_by_name() {
    let header = "tenant=acme, region = eu\t,empty=";
    assert_eq!(value(header, "tenant").as_deref(), Some("acme"));
    assert_eq!(value(header, "region").as_deref(), Some("eu"));
    assert_eq!(value(header, "empty").as_deref(), Some(""));
    assert_eq!(value(header, "Tenant"), None);
}

#[test]
fn the_first_of_two_members_is_used() {
    assert_eq!(value("a=1,a=2", "a").as_deref(), Some("1"));
}

#[test]
fn properties_are_dropped() {
    assert_eq!(value("a=1;ttl=5 ; \"odd\",b=2", "a").as_deref(), Some("1"));
    assert_eq!(value("a=1;ttl=5,b=2", "b").as_deref(), Some("2"));
}

#[test]
fn a_value_may_have_equals_signs() {
    assert_eq!(value("a=b=c=", "a").as_deref(), Some("b=c="));
}

#[test]
fn values_are_percent_decoded() {
    assert_eq!(
        value("a=acme%20inc%2C%c3%A9", "a").as_deref(),
        Some("acme inc,é")
    );
    assert_eq!(value("a=%ff", "a").as_deref(), Some("\u{fffd}"));
}

#[test]
fn malformed_members_are_ignored_and_the_others_kept() {
    for bad in [
        "", " ", "a", "=1", "a b=1", "a=b c", "a=\"1\"", "a=\\", "a=%", "a=%4", "a=%4g", "a=é",
        "\u{e9}=1",
    ] {
        let header = format!("x=1,{bad},y=2");
        assert_eq!(value(&header, "x").as_deref(), Some("1"), "{bad:?}");
        assert_eq!(value(&header, "y").as_deref(), Some("2"), "{bad:?}");
        assert_eq!(value(&header, "a"), None, "{bad:?}");
    }
}

#[test]
fn several_headers_are_joined() {
    let (baggage, _) = read(&[b"a=1", b"", b"b=2,c=3"]);
    assert_eq!(
        [baggage.get("a"), baggage.get("b"), baggage.get("c")],
        [Some("1"), Some("2"), Some("3")]
    );
}

#[test]
fn the_64th_member_is_read_and_the_65th_is_not() {
    let header = members(65);
    assert_eq!(value(&header, "m64").as_deref(), Some("v64"));
    assert_eq!(value(&header, "m65"), None);
}

#[test]
fn the_member_limit_includes_all_headers_and_our_member() {
    let most = format!("chaos=x,{}", members(62));
    let (baggage, ours) = read(&[most.as_bytes(), b"last=1", b"over=1"]);
    assert_eq!(baggage.get("last"), Some("1"));
    assert_eq!(baggage.get("over"), None);
    assert_eq!(ours, OurMember::One("x".to_owned()));
    assert_eq!(
        read(&[members(64).as_bytes(), b"chaos=x"]).1,
        OurMember::Absent
    );
}

#[test]
fn malformed_members_do_not_count_towards_the_limit() {
    let header = format!("bad,,a b=1,{}", members(64));
    assert_eq!(value(&header, "m64").as_deref(), Some("v64"));
}

#[test]
fn a_member_that_ends_at_8192_bytes_is_read_and_at_8193_is_not() {
    let first = member("first", 8_000);
    // After 8,000 bytes and a comma.
    let fits = format!("{first},{},z=1", member("last", 191));
    assert!(fits.len() > 8_192);
    assert!(value(&fits, "last").is_some());
    assert_eq!(value(&fits, "z"), None);

    let over = format!("{first},{}", member("last", 192));
    assert_eq!(over.len(), 8_193);
    assert!(value(&over, "first").is_some());
    assert_eq!(value(&over, "last"), None);
}

#[test]
fn the_byte_limit_includes_all_headers_with_commas_between() {
    let first = member("first", 8_000);
    let fits = read(&[first.as_bytes(), member("last", 191).as_bytes()]).0;
    assert!(fits.get("last").is_some());
    let over = read(&[first.as_bytes(), member("last", 192).as_bytes(), b"z=1"]).0;
    assert!(over.get("last").is_none());
    assert!(over.get("z").is_none());
}

#[test]
fn our_member_is_kept_separately_and_unchanged() {
    let (baggage, ours) = read(&[b"a=1,chaos=x%41.y;p=1"]);
    assert_eq!(ours, OurMember::One("x%41.y".to_owned()));
    assert_eq!(baggage.get("chaos"), None);
}

#[test]
fn several_members_with_our_name_are_reported() {
    assert_eq!(read(&[b"chaos=x", b"a=1,chaos=x"]).1, OurMember::Several);
    assert_eq!(read(&[b"chaos=x,chaos=y,chaos=z"]).1, OurMember::Several);
    assert_eq!(read(&[b"Chaos=x,a=1"]).1, OurMember::Absent);
}
