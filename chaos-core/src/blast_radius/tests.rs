use super::*;

fn everything() -> BlastRadius {
    BlastRadius::everything(Consent::by("game day").unwrap())
}

#[test]
fn each_constructor_selects_its_kind() {
    use SiteKind::{Client, Database, Point, Server, Stream};
    let all = [Server, Client, Database, Stream, Point];
    for (radius, wanted) in [
        (BlastRadius::requests_to("a"), Server),
        (BlastRadius::calls_to("a"), Client),
        (BlastRadius::queries_on("a"), Database),
        (BlastRadius::streams_to("a"), Stream),
        (BlastRadius::points_at("a"), Point),
    ] {
        for kind in all {
            assert_eq!(
                radius.selects("a", kind),
                kind == wanted,
                "{wanted}, {kind}"
            );
            assert!(!radius.selects("b", kind));
        }
        assert!(radius.names("a") && !radius.names("b"));
    }
    for kind in all {
        let services = BlastRadius::services(["a", "b"]);
        assert!(services.selects("b", kind) && !services.selects("c", kind));
        assert!(everything().selects("anything", kind));
    }
}

#[test]
fn everything_names_no_service() {
    assert!(!everything().names("a"));
    assert!(BlastRadius::services(["a"]).names("a"));
    assert!(!BlastRadius::services(["a"]).names("b"));
}

#[test]
fn the_level_follows_from_what_is_covered() {
    let one = || BlastRadius::calls_to("a");
    assert_eq!(one().level(), Level::Service);
    assert_eq!(one().operation("x").level(), Level::Service);
    assert_eq!(one().tagged("canary").level(), Level::Request);
    assert_eq!(one().attribute("table", "orders").level(), Level::Request);
    assert_eq!(BlastRadius::services(["a"]).level(), Level::Service);
    let two = BlastRadius::services(["a", "b"]);
    assert_eq!(two.clone().level(), Level::Cluster);
    assert_eq!(two.tagged("canary").level(), Level::Cluster);
    assert_eq!(everything().tagged("canary").level(), Level::System);
    assert!(Level::Request < Level::Service && Level::Cluster < Level::System);
}

#[test]
fn the_check_reports_the_key_of_the_problem() {
    let one = || BlastRadius::calls_to("a");
    for (radius, key) in [
        (BlastRadius::calls_to(""), "calls_to"),
        (BlastRadius::queries_on(""), "queries_on"),
        (BlastRadius::services(["a", ""]), "services"),
        (BlastRadius::services::<&str>([]), "services"),
        (one().operation(""), "operation"),
        (one().operation("").operation("fine"), "operation"),
        (one().attribute("", "x"), "attributes"),
        (one().attribute("x", ""), "attributes"),
        (one().tagged(""), "tagged"),
        (one().at_most(0), "at_most"),
        (one().concurrent(0), "concurrent"),
    ] {
        assert_eq!(radius.check().unwrap_err().key(), key, "{radius:?}");
    }
    assert_eq!(
        one().operation("x").at_most(1).concurrent(1).check(),
        Ok(())
    );
}

#[test]
fn every_form_round_trips_in_files() {
    for text in [
        r#"{"calls_to":"a"}"#,
        r#"{"requests_to":"a"}"#,
        r#"{"queries_on":"a"}"#,
        r#"{"streams_to":"a"}"#,
        r#"{"points_at":"a"}"#,
        r#"{"services":["a","b"]}"#,
        r#"{"everything":{"who":"anna","why":"game day"}}"#,
        r#"{"at_most":5,"everything":{"who":"anna"}}"#,
        concat!(
            r#"{"calls_to":"a","operation":"POST *","rate":"10%","at_most":100,"#,
            r#""concurrent":5,"share_of_instances":"20%","tagged":"canary","#,
            r#""attributes":{"table":"orders"}}"#
        ),
        r#"{"calls_to":"a","tagged":["canary","paid"]}"#,
    ] {
        let radius: BlastRadius = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&radius).unwrap(), text);
    }
}

#[test]
fn files_and_builders_give_equal_radii() {
    let text = r#"{"calls_to":"a","operation":"x","attributes":{"t":"o"},"tagged":"c",
        "rate":"10%","at_most":9,"concurrent":5,"share_of_instances":"20%"}"#;
    let built = BlastRadius::calls_to("a")
        .operation("x")
        .attribute("t", "o")
        .tagged("c")
        .rate(Rate::percent(10.0).unwrap())
        .at_most(9)
        .concurrent(5)
        .share_of_instances(Rate::percent(20.0).unwrap());
    assert_eq!(serde_json::from_str::<BlastRadius>(text).unwrap(), built);
}

#[test]
fn invalid_files_report_the_problem() {
    for (text, problem) in [
        ("{}", "expected one of `calls_to`"),
        (r#"{"rate":"10%"}"#, "expected one of `calls_to`"),
        (
            r#"{"calls_to":"a","services":["b"]}"#,
            "found `calls_to` and `services`",
        ),
        (r#"{"call_to":"a"}"#, "unknown key `call_to`"),
        (r#"{"calls_to":"a","rate":10}"#, "expected a percentage"),
        (r#"{"calls_to":"a","rate":"1%","rate":"1%"}"#, "given twice"),
        (
            r#"{"queries_on":"a","rate":"1%","transaction_rate":"1%"}"#,
            "expected only one of `rate` and `transaction_rate`",
        ),
        (r#"{"calls_to":"a","operation":""}"#, "expected a name"),
        (r#""payments""#, "expected a blast radius such as"),
        (r#"{"everything":"game day"}"#, "expected a consent such as"),
    ] {
        let refused = serde_json::from_str::<BlastRadius>(text)
            .unwrap_err()
            .to_string();
        assert!(refused.contains(problem), "{text}: {refused}");
    }
}

#[test]
fn an_unknown_key_is_refused_at_its_position() {
    let text = "{\n\"calls_to\": \"a\",\n\"rat\": \"1%\",\n\"at_most\": 1\n}";
    let refused = serde_json::from_str::<BlastRadius>(text).unwrap_err();
    assert_eq!(refused.line(), 3);
}

#[test]
fn a_second_selector_is_refused_at_its_position() {
    let text = "{\n\"calls_to\": \"a\",\n\"services\": [\"b\"],\n\"rate\": \"1%\"\n}";
    let refused = serde_json::from_str::<BlastRadius>(text).unwrap_err();
    assert_eq!(refused.line(), 3);
}

#[cfg(feature = "files")]
#[test]
fn toml_errors_point_at_the_refused_value() {
    for (text, value) in [
        ("calls_to = 'a'\nservices = ['b']\nrate = '1%'", "['b']"),
        ("calls_to = 'a'\nrat = '1%'\nat_most = 1", "'1%'"),
        ("calls_to = 'a'\nrate = 10\nat_most = 1", "10"),
    ] {
        let refused = toml::from_str::<BlastRadius>(text).unwrap_err();
        assert_eq!(&text[refused.span().unwrap()], value);
    }
}
