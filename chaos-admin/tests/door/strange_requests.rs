//! Requests that could be misunderstood are refused, with what is wrong.

use crate::access::{ANNA, with_tokens};
use crate::{Door, SLOW};

#[test]
fn a_parameter_that_a_route_does_not_have_is_refused() {
    let door = Door::open();
    let refused = door
        .unix()
        .post("/experiments?dryrun=true", SLOW)
        .expect(400)
        .json();
    assert_eq!(refused["parameter"], "dryrun");
    assert_eq!(refused["detail"], "expected lease, dry_run, found `dryrun`");
    let refused = door.unix().get("/status?x").expect(400).json();
    assert_eq!(refused["detail"], "expected no parameter, found `x`");
    assert!(door.chaos.status().is_empty());
    door.unix().post("/halt?reason=x", "").expect(200);
}

#[test]
fn a_header_that_is_given_twice_is_refused() {
    let door = Door::open();
    let twice = |name| {
        [
            ("content-type", "application/json"),
            (name, "a"),
            (name, "b"),
        ]
    };
    let start = |headers: &[(&str, &str)]| door.unix().send("POST", "/experiments", headers, SLOW);
    assert_eq!(
        start(&twice("chaos-reason")).expect(400).json()["parameter"],
        "chaos-reason"
    );
    start(&twice("chaos-actor")).expect(400);
    door.unix()
        .send("GET", "/events", &twice("last-event-id"), "")
        .expect(400);
    door.unix()
        .send("PUT", "/experiments/slow", &twice("if-match"), SLOW)
        .expect(400);
    let origins = [
        ("origin", "http://localhost"),
        ("origin", "http://evil.example"),
    ];
    door.tcp().send("POST", "/halt", &origins, "").expect(403);
    let sites = [("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")];
    door.tcp().send("POST", "/halt", &sites, "").expect(403);
    assert!(door.chaos.status().is_empty() && door.chaos.overview().halts.is_empty());

    let anna = format!("Bearer {ANNA}");
    let tokens = [
        ("authorization", anna.as_str()),
        ("authorization", "Bearer b"),
    ];
    with_tokens()
        .tcp()
        .send("GET", "/status", &tokens, "")
        .expect(401);
}

#[test]
fn a_target_with_a_foreign_host_is_refused() {
    let door = Door::open();
    let at = |host: &str| {
        let request = format!(
            "POST http://{host}/chaos/v1/halt HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        );
        door.tcp().send_bytes(request.as_bytes())
    };
    at("evil.example").expect(421);
    assert!(door.chaos.overview().halts.is_empty());
    at("localhost").expect(200);
}

#[test]
fn a_plus_in_a_path_is_a_plus() {
    let door = Door::open();
    door.unix()
        .post("/experiments", &SLOW.replace("slow", "a+b"))
        .expect(201);
    door.unix().get("/experiments/a+b").expect(200);
    door.unix().get("/experiments/a%2Bb").expect(200);
    door.unix().get("/experiments/a%20b").expect(404);
}

#[test]
fn a_body_that_would_be_ignored_is_refused() {
    let door = Door::open();
    door.unix().post("/experiments", SLOW).expect(201);
    let renew = |body: &str| {
        let headers = [("content-type", "application/json")];
        door.unix()
            .send("PUT", "/experiments/slow/lease", &headers, body)
    };
    renew(r#"{"lease": "5m"}"#).expect(415);
    renew("{}").expect(200);
    renew("").expect(200);
}

#[test]
fn a_name_that_cannot_be_read_does_not_prevent_a_halt() {
    let door = Door::open();
    let name = "x".repeat(65);
    let headers = [("chaos-actor", name.as_str())];
    door.unix().send("GET", "/status", &headers, "").expect(400);
    door.tcp().send("POST", "/halt", &headers, "").expect(200);
}

#[test]
fn requests_of_viewers_leave_those_of_operators_to_them() {
    let door = Door::open();
    let statuses: Vec<_> = (0..200)
        .map(|_| door.tcp().post("/experiments", SLOW).status)
        .collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    door.unix().post("/experiments", SLOW).expect(201);
}

#[test]
fn an_error_does_not_repeat_all_that_was_sent() {
    let door = Door::open();
    let document = format!("\"{}\"", "x".repeat(100_000));
    let refused = door.unix().post("/experiments", &document).expect(422);
    assert!(refused.body.len() < 3_000, "{}", refused.body.len());
}

#[test]
fn a_method_that_a_route_does_not_have_is_named() {
    let door = Door::open();
    let refused = door
        .tcp()
        .send("PATCH", "/status", &[], "")
        .expect(405)
        .json();
    assert_eq!(refused["detail"], "expected GET, found PATCH");
}
