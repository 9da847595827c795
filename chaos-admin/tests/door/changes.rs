//! Starting, replacing and stopping.

use chaos_core::{ExperimentState, ExperimentStatus};

use crate::client::Reply;
use crate::{Door, SLOW};

fn running(door: &Door) -> Vec<String> {
    let is_running = |one: &ExperimentStatus| matches!(one.state, ExperimentState::Running { .. });
    let status = door.chaos.status().into_iter().filter(is_running);
    status.map(|one| one.name).collect()
}

fn replace(door: &Door, etag: &str, body: &str) -> Reply {
    let headers = [("if-match", etag), ("content-type", "application/json")];
    door.unix().send("PUT", "/experiments/slow", &headers, body)
}

#[test]
fn a_started_experiment_strikes_when_the_reply_arrives() {
    let door = Door::open();
    let failing = SLOW.replace(r#"{"latency": "2s"}"#, r#"{"error": "unavailable"}"#);
    let reply = door.unix().post("/experiments", &failing).expect(201);
    assert_eq!(reply.json()["experiments"][0]["name"], "slow");
    let payments = door.chaos.site("payments");
    assert!(payments.point_blocking("charge").is_err());
    door.unix()
        .send("DELETE", "/experiments/slow", &[], "")
        .expect(204);
    assert!(payments.point_blocking("charge").is_ok());
    door.unix()
        .send("DELETE", "/experiments/slow", &[], "")
        .expect(404);
}

#[test]
fn a_file_is_started_whole_or_not_at_all() {
    let door = Door::open();
    let file = |second: &str| {
        format!(
            "version: 1\nexperiments:\n  - {{ name: a, fault: panic, blast_radius: {{ points_at: payments }} }}\n  - {second}\n"
        )
    };
    let headers = [("content-type", "application/yaml")];
    let start = |body: &str| door.unix().send("POST", "/experiments", &headers, body);
    let invalid = start(&file(
        "{ name: b, fault: pancake, blast_radius: { points_at: payments } }",
    ));
    let problem = invalid.expect(422).json();
    assert_eq!(
        (problem["line"].as_u64(), problem["key"].as_str()),
        (Some(4), Some("experiments[1].fault"))
    );
    let unsupported =
        "{ name: b, fault: { server_sleep: 1s }, blast_radius: { points_at: payments } }";
    start(&file(unsupported)).expect(422);
    assert!(running(&door).is_empty());
    start(&file(
        "{ name: b, fault: panic, blast_radius: { points_at: payments } }",
    ))
    .expect(201);
    assert_eq!(running(&door), ["a", "b"]);
}

#[test]
fn a_start_of_nothing_is_refused() {
    let door = Door::open();
    let nothing = r#"{"version": 1, "experiments": []}"#;
    let problem = door.unix().post("/experiments", nothing).expect(422).json();
    assert_eq!(problem["detail"], "expected at least one experiment");
    door.unix().post("/validate", nothing).expect(422);
}

#[test]
fn a_duplicate_names_its_holder() {
    let door = Door::open();
    let by = |name: &str| {
        let headers = [("content-type", "application/json"), ("chaos-actor", name)];
        door.unix().send("POST", "/experiments", &headers, SLOW)
    };
    by("anna").expect(201);
    let problem = by("ben").expect(409).json();
    assert!(
        problem["holder"].as_str().unwrap().starts_with("anna"),
        "{problem}"
    );
    assert_eq!(running(&door), ["slow"]);
}

#[test]
fn of_two_operators_only_the_one_with_the_latest_etag_replaces() {
    let door = Door::open();
    door.unix().post("/experiments", SLOW).expect(201);
    let seen = door.unix().get("/experiments/slow").expect(200);
    let etag = seen.header("etag").unwrap();
    assert_eq!(seen.json()["etag"], etag);
    let slower = SLOW.replace("2s", "3s");
    let replaced = replace(&door, etag, &slower).expect(200);
    replace(&door, etag, SLOW).expect(412);
    let latency = &replaced.json()["experiment"]["fault"]["latency"];
    assert_eq!(latency, "3s");
    let status = door.chaos.status();
    let current = status
        .iter()
        .find(|one| matches!(one.state, ExperimentState::Running { .. }));
    assert_ne!(current.unwrap().id, status[0].id);

    replace(
        &door,
        replaced.header("etag").unwrap(),
        &SLOW.replace("slow", "other"),
    )
    .expect(422);
    let headers = [("content-type", "application/json")];
    door.unix()
        .send("PUT", "/experiments/slow", &headers, SLOW)
        .expect(428);
    replace(&door, "\"nonsense\"", SLOW).expect(412);
    replace(&door, "\"nonsense\"", "{").expect(422);
    for malformed in ["", "*", "nonsense", "\"a\", \"b\"", "W/\"1-1\""] {
        replace(&door, malformed, SLOW).expect(400);
    }
    assert_eq!(running(&door), ["slow"]);
}

#[test]
fn a_dry_run_starts_and_applies_nothing() {
    let door = Door::open();
    let reply = door
        .unix()
        .post("/experiments?dry_run=true", SLOW)
        .expect(201);
    assert_eq!(reply.json()["experiments"][0]["dry_run"], true);
    assert!(door.chaos.site("payments").point_blocking("charge").is_ok());
    assert_eq!(door.chaos.status()[0].injected, 1);
}

#[test]
fn a_validation_starts_nothing() {
    let door = Door::open();
    door.tcp().post("/validate", SLOW).expect(200);
    door.tcp()
        .post("/validate", &SLOW.replace("latency", "latencies"))
        .expect(422);
    assert!(running(&door).is_empty() && door.chaos.journal().is_empty());
}

#[test]
fn a_start_whose_audit_line_cannot_be_written_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let door = Door::opened(|admin| admin.audit_to(&path).unwrap());
    door.unix().post("/experiments", SLOW).expect(201);
    let lines = std::fs::read_to_string(&path).unwrap();
    let line: serde_json::Value = serde_json::from_str(lines.trim_end()).unwrap();
    assert_eq!(
        (&line["change"], &line["experiments"][0]),
        (&"start".into(), &"slow".into())
    );

    let full = Door::opened(|admin| admin.audit_to("/dev/full").unwrap());
    full.unix().post("/experiments", SLOW).expect(503);
    assert!(running(&full).is_empty());
    full.unix().post("/halt", "").expect(200);
}
