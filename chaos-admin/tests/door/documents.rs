//! Documents about the API and what it can do.

use chaos_core::{BlastRadius, ChaosManager, Environment};

use crate::{Door, SLOW};

#[test]
fn every_route_of_the_openapi_document_answers() {
    let door = Door::open();
    let document = door.tcp().get("/openapi.json").expect(200).json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 10);
    for (path, operations) in paths {
        let path = path
            .strip_prefix("/chaos/v1")
            .unwrap()
            .replace("{name}", "x");
        for (method, operation) in operations.as_object().unwrap() {
            let success = &operation["responses"]["200"]["content"];
            if success["text/event-stream"].is_object() {
                continue;
            }
            let reply = door.unix().send(&method.to_uppercase(), &path, &[], "");
            let documented = &operation["responses"][reply.status.to_string()];
            assert!(documented.is_object(), "{method} {path}: {reply:?}");
        }
    }
}

#[test]
fn unknown_routes_and_methods_are_problems() {
    let door = Door::open();
    let problem = door.tcp().get("/nothing").expect(404);
    assert_eq!(
        problem.header("content-type"),
        Some("application/problem+json")
    );
    let problem = door.tcp().send("PATCH", "/status", &[], "").expect(405);
    assert_eq!(problem.header("allow"), Some("GET"));
}

#[test]
fn bodies_of_other_types_or_sizes_are_refused() {
    let door = Door::open();
    let start = |content_type, body: &str| {
        let headers = [("content-type", content_type)];
        door.unix()
            .send("POST", "/experiments", &headers, body)
            .status
    };
    assert_eq!(start("text/plain", SLOW), 415);
    assert_eq!(start("application/json", &" ".repeat((1 << 20) + 1)), 413);
    assert_eq!(start("application/json", "{"), 422);
    assert!(door.chaos.status().is_empty());
}

#[test]
fn the_catalogue_says_what_each_site_can_apply() {
    let door = Door::open();
    let catalogue = door.tcp().get("/catalogue").expect(200).json();
    let faults = catalogue["faults"].as_array().unwrap();
    let of = |kind: &str| faults.iter().find(|fault| fault["kind"] == kind).unwrap();
    assert_eq!(of("latency")["sites"][0]["service"], "payments");
    assert!(of("hold_lock")["sites"].as_array().unwrap().is_empty());
    for fault in faults {
        assert!(fault["schema"].is_object(), "{fault}");
    }
}

#[test]
fn an_explanation_is_given_in_words_too() {
    let door = Door::open();
    let _guard = door
        .chaos
        .inject(BlastRadius::points_at("payments"), chaos_core::Fault::Panic);
    let path = "/explain?service=payments&operation=POST%20/charge";
    let explained = door.tcp().get(path).expect(200).json();
    assert!(
        explained["text"]
            .as_str()
            .unwrap()
            .contains("would hit POST /charge"),
        "{explained}"
    );
    door.tcp().get("/explain?service=payments").expect(400);
}

#[test]
fn the_metrics_are_text_for_prometheus() {
    let door = Door::open();
    door.unix().post("/experiments", SLOW).expect(201);
    let metrics = door.tcp().get("/metrics").expect(200);
    let running = [
        "chaos_experiment_injected{experiment=\"slow\"} 0",
        "# TYPE chaos_halted gauge\nchaos_halted 0",
    ];
    for expected in running {
        assert!(
            metrics.body.contains(&format!("{expected}\n")),
            "{metrics:?}"
        );
    }
    door.unix()
        .send("DELETE", "/experiments/slow", &[], "")
        .expect(204);
    door.unix().post("/halt", "").expect(200);
    let metrics = door.tcp().get("/metrics").expect(200);
    let ended = [
        "# TYPE chaos_experiments_started_total counter\nchaos_experiments_started_total 1",
        "chaos_experiments_ended_total{reason=\"stopped\"} 1",
        "chaos_halts_total 1",
        "chaos_experiments 0",
    ];
    for expected in ended {
        assert!(
            metrics.body.contains(&format!("{expected}\n")),
            "{metrics:?}"
        );
    }
}

#[test]
fn the_status_names_the_client_and_sites_are_listed() {
    let door = Door::open();
    let status = door.unix().get("/status").expect(200).json();
    assert_eq!(status["client"]["role"], "operator");
    assert_eq!(status["environment"], "test");
    let sites = door.tcp().get("/sites").expect(200).json();
    assert_eq!(sites["sites"][0]["service"], "payments");
}

#[test]
fn the_status_says_in_one_sentence_what_runs_in_production() {
    let door = Door::open();
    door.unix().post("/experiments", SLOW).expect(201);
    let status = door.unix().get("/status").expect(200).json();
    assert!(
        status.get("notice").is_none(),
        "a test is no news: {status}"
    );
    let chaos = ChaosManager::builder()
        .environment(Environment::Production)
        .build();
    let door = Door::of(chaos, |admin| admin);
    let agreed = SLOW.replace("}}", r#"}, "consent": {"production": {"who": "anna"}}}"#);
    let anna = [
        ("content-type", "application/json"),
        ("chaos-actor", "anna"),
    ];
    let dry = door
        .unix()
        .send("POST", "/experiments?dry_run=true", &anna, &agreed);
    dry.expect(201);
    let status = door.unix().get("/status").expect(200).json();
    assert!(status.get("notice").is_none(), "{status}");
    door.unix()
        .send("DELETE", "/experiments/slow", &[], "")
        .expect(204);
    door.unix()
        .send("POST", "/experiments", &anna, &agreed)
        .expect(201);
    let status = door.unix().get("/status").expect(200).json();
    let notice = status["notice"].as_str().unwrap();
    for part in ["in production", "`slow` by anna", "for up to 4m", "/halt"] {
        assert!(notice.contains(part), "{part}: {notice}");
    }
}

#[test]
fn the_policy_says_what_may_start_now() {
    let door = Door::open();
    let policy = door.tcp().get("/policy").expect(200).json();
    assert!(policy["policy"].is_null());
    assert_eq!(policy["risks"][0]["now"], "open");
}

#[test]
fn outcomes_are_counted_from_the_first_request_on() {
    let door = Door::open();
    let payments = door.chaos.site("payments");
    assert!(payments.observe().is_none());
    door.tcp().get("/outcomes").expect(200);
    let observed = payments.observe().expect("somebody watches");
    observed.finish(chaos_core::adapter::Outcome::Failure);
    let outcomes = door.tcp().get("/outcomes").expect(200).json();
    assert_eq!(outcomes["sites"][0]["windows"][0]["untreated"]["failed"], 1);
}
