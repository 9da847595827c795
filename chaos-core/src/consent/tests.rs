use super::*;

fn anna() -> Consent {
    Consent::by("anna").unwrap()
}

#[test]
fn a_consent_needs_a_name() {
    for who in ["", " ", "\t"] {
        assert_eq!(Consent::by(who), Err(InvalidConsent), "{who:?}");
    }
    assert_eq!(anna().who(), "anna");
    assert_eq!(
        InvalidConsent.to_string(),
        "expected the person or team that consents, found an empty string"
    );
}

#[test]
fn an_empty_reason_counts_as_none() {
    assert_eq!(anna().why(), None);
    assert_eq!(anna().because("game day").why(), Some("game day"));
    assert_eq!(anna().because("game day").because(" ").why(), None);
}

#[test]
fn a_consent_round_trips() {
    for (consent, text) in [
        (anna(), r#"{"who":"anna"}"#),
        (
            anna().because("game day"),
            r#"{"who":"anna","why":"game day"}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&consent).unwrap(), text);
        assert_eq!(serde_json::from_str::<Consent>(text).unwrap(), consent);
    }
}

#[test]
fn an_invalid_consent_is_refused_with_the_expected_form() {
    for (text, expected) in [
        (
            r#""game day""#,
            "expected a consent such as { who: anna, why: game day }",
        ),
        ("true", "expected a consent such as"),
        ("{}", "expected the key `who`, the person or team"),
        (r#"{"why":"game day"}"#, "expected the key `who`"),
        (
            r#"{"who":""}"#,
            "the person or team that consents, as a text, found ``",
        ),
        (r#"{"who":" No "}"#, "found ` No `"),
        (r#"{"who":"false"}"#, "found `false`"),
        (r#"{"who":"off"}"#, "found `off`"),
        (r#"{"who":"none"}"#, "found `none`"),
        (r#"{"who":false}"#, "expected the person or team"),
        (r#"{"who":7}"#, "expected the person or team"),
        (
            r#"{"who":"anna","why":" "}"#,
            "expected the reason for the consent, as a text, found ` `",
        ),
        (r#"{"who":"anna","why":true}"#, "expected the reason"),
        (r#"{"who":"anna","who":"ben"}"#, "key `who` is given twice"),
        (
            r#"{"who":"anna","why":"a","why":"b"}"#,
            "key `why` is given twice",
        ),
        (
            r#"{"whom":"anna"}"#,
            "unknown key `whom`: did you mean `who`?",
        ),
    ] {
        let refused = serde_json::from_str::<Consent>(text).unwrap_err();
        assert!(refused.to_string().contains(expected), "{text}: {refused}");
    }
}

#[test]
fn consents_in_files_state_what_they_permit() {
    let read = |text| serde_json::from_str::<ConsentsInFile>(text).map(|ConsentsInFile(all)| all);
    let both = Consents {
        production: Some(anna().because("game day")),
        destruction: Some(Consent::by("ben").unwrap()),
        everything: None,
    };
    let text = r#"{"production":{"who":"anna","why":"game day"},"destruction":{"who":"ben"}}"#;
    assert_eq!(read(text).unwrap(), both);
    assert_eq!(serde_json::to_string(&both).unwrap(), text);
    for (text, expected) in [
        (
            r#""game day""#,
            "expected what is consented to, and by whom, such as { production: { who: anna, why: game day } }",
        ),
        ("{}", "expected one of `production`, `destruction`"),
        (r#"{"production":"anna"}"#, "expected a consent such as"),
        (
            r#"{"everything":{"who":"anna"}}"#,
            "it belongs to the blast radius",
        ),
        (r#"{"who":"anna"}"#, "unknown key `who`, expected one of"),
        (
            r#"{"production":{"who":"anna"},"production":{"who":"ben"}}"#,
            "key `production` is given twice",
        ),
        (
            r#"{"destruction":{"who":"anna"},"destruction":{"who":"ben"}}"#,
            "key `destruction` is given twice",
        ),
    ] {
        let refused = read(text).unwrap_err();
        assert!(refused.to_string().contains(expected), "{text}: {refused}");
    }
}

#[test]
fn the_text_names_what_each_consent_permits() {
    let mut given = Consents::default();
    assert_eq!(given.to_string(), "none");
    given.destruction = Some(Consent::by("ben").unwrap());
    assert_eq!(given.to_string(), "destruction by ben");
    given.production = Some(anna().because("game day"));
    given.everything = Some(anna());
    assert_eq!(
        given.to_string(),
        "everything by anna, production by anna (game day), destruction by ben"
    );
}
