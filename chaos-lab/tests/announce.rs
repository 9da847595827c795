//! Runs are announced in Grafana and Alertmanager, which may not answer.
#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use chaos_lab::SuiteStep;
use chaos_lab::announce::{Announced, Announcements, Grafana, Silence};
use chaos_lab::record::{Line, RecordEntry};
use chaos_lab::scenario::{Scenario, Stage};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The requests that a server has had: method and path, authorization, body.
type Requests = Arc<Mutex<Vec<(String, Option<String>, Value)>>>;

/// Serves both APIs, and keeps what they are asked.
async fn serve() -> (String, Requests) {
    let requests = Requests::default();
    let kept = Arc::clone(&requests);
    let answer = async move |request: Request| {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let token = parts.headers.get("authorization");
        kept.lock().unwrap().push((
            format!("{} {}", parts.method, parts.uri.path()),
            token.map(|token| token.to_str().unwrap().to_owned()),
            serde_json::from_slice(&body).unwrap_or_default(),
        ));
        json!({ "id": 7, "silenceID": "a-1" }).to_string()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(any(answer));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, requests)
}

fn scenario() -> Scenario {
    serde_json::from_value(json!({
        "name": "<b>slow</b>",
        "experiments": [{
            "name": "<script>alert(1)</script>",
            "fault": { "latency": "1s" },
            "blast_radius": { "calls_to": "payments" },
        }],
        "stages": { "baseline": "1s", "inject": "2s", "recover": "3s", "cooldown": "0s" },
    }))
    .unwrap()
}

fn see(announcements: &Announcements, scenario: &Scenario, entry: RecordEntry) {
    let line = &Line::new(Duration::ZERO, entry);
    announcements.see(&SuiteStep::Recorded { scenario, line });
}

fn announced(url: &str) -> Announced {
    let matchers = vec!["service=orders".parse().unwrap()];
    Announced {
        grafana: Some(Grafana::at(&format!("{url}/grafana"), Some("a token")).unwrap()),
        silence: Some(Silence::at(url, matchers).unwrap()),
    }
}

fn paths(requests: &Requests) -> Vec<String> {
    let requests = requests.lock().unwrap();
    requests.iter().map(|(path, ..)| path.clone()).collect()
}

#[tokio::test]
async fn each_injection_is_annotated_and_alerts_are_silenced_until_the_end() {
    let (url, requests) = serve().await;
    let announcements = Announcements::begin(announced(&url));
    let scenario = scenario();
    announcements.plan([&scenario]);
    for stage in [
        Stage::Baseline,
        Stage::Inject,
        Stage::Recover,
        Stage::Cooldown,
    ] {
        see(&announcements, &scenario, RecordEntry::Stage(stage));
    }
    see(&announcements, &scenario, RecordEntry::Closed);
    assert_eq!(announcements.end().await, Vec::<String>::new());
    let expected = [
        "POST /api/v2/silences",
        "POST /grafana/api/annotations",
        "PATCH /grafana/api/annotations/7",
        "DELETE /api/v2/silence/a-1",
    ];
    assert_eq!(paths(&requests), expected);
    let requests = requests.lock().unwrap();
    let (_, no_token, silence) = &requests[0];
    assert_eq!(*no_token, None, "the token is Grafana's");
    let matchers = json!([{ "name": "service", "value": "orders", "isRegex": false }]);
    assert_eq!(silence["matchers"], matchers);
    let (_, token, annotation) = &requests[1];
    assert_eq!(token.as_deref(), Some("Bearer a token"));
    let tags = json!(["chaos-lab", "<b>slow</b>", "<script>alert(1)</script>"]);
    assert_eq!(annotation["tags"], tags, "plain text");
    assert!(!annotation["text"].as_str().unwrap().contains('<'));
    let [begin, end] = [&annotation["time"], &requests[2].2["timeEnd"]];
    assert!(begin.as_u64().unwrap() <= end.as_u64().unwrap());
}

#[tokio::test]
async fn an_aborted_run_and_one_that_is_dropped_leave_no_annotation_open() {
    for entry in [
        Some(RecordEntry::Aborted {
            why: "SIGINT".to_owned(),
        }),
        None,
    ] {
        let (url, requests) = serve().await;
        let announcements = Announcements::begin(announced(&url));
        let scenario = scenario();
        see(&announcements, &scenario, RecordEntry::Stage(Stage::Inject));
        if let Some(entry) = entry {
            see(&announcements, &scenario, entry);
        }
        assert_eq!(announcements.end().await, Vec::<String>::new());
        let expected = [
            "POST /grafana/api/annotations",
            "PATCH /grafana/api/annotations/7",
        ];
        assert_eq!(paths(&requests), expected);
    }
}

#[tokio::test]
async fn servers_that_do_not_answer_hold_nothing_up_and_are_remarks() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let scenario = scenario();
    let mut annotated = announced(&url);
    let silenced = Announced {
        silence: annotated.silence.take(),
        ..Announced::default()
    };
    let [annotated, silenced] = [annotated, silenced].map(Announcements::begin);
    // None of these waits.
    silenced.plan([&scenario]);
    for stage in [Stage::Inject, Stage::Recover] {
        see(&annotated, &scenario, RecordEntry::Stage(stage));
    }
    let (annotated, silenced) = tokio::join!(annotated.end(), silenced.end());
    assert_eq!(annotated, ["Grafana: no reply within 2s"]);
    assert_eq!(silenced, ["Alertmanager: no reply within 2s"]);
    let refusing = Announcements::begin(announced("http://127.0.0.1:9"));
    see(&refusing, &scenario, RecordEntry::Stage(Stage::Inject));
    let problems = refusing.end().await;
    assert!(problems[0].contains("refused"), "{problems:?}");
}

#[test]
fn a_token_that_no_header_can_have_is_refused_and_not_shown() {
    let refused = Grafana::at("http://127.0.0.1:3000", Some("se\ncret")).unwrap_err();
    assert!(!refused.to_string().contains("cret"), "{refused}");
    let grafana = Grafana::at("http://127.0.0.1:3000", Some("secret")).unwrap();
    assert!(!format!("{grafana:?}").contains("secret"), "{grafana:?}");
    assert!(
        Grafana::at("https://grafana", None).is_err(),
        "TLS is left to a proxy"
    );
}

/// Silences a real Alertmanager, and ends that.
#[tokio::test]
async fn a_real_alertmanager_is_silenced_until_the_end() {
    let Ok(url) = std::env::var("CHAOS_TEST_ALERTMANAGER_URL") else {
        eprintln!("left out: CHAOS_TEST_ALERTMANAGER_URL is not set");
        return;
    };
    let service = format!("test-{}", std::process::id());
    let states = async || {
        let filter = format!("{url}/api/v2/silences?filter=service%3D%22{service}%22");
        let client =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new());
        let client = client.build_http::<http_body_util::Empty<bytes::Bytes>>();
        let reply = client.get(filter.parse().unwrap()).await.unwrap();
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        let silences: Vec<Value> = serde_json::from_slice(&body).unwrap();
        let states = silences
            .iter()
            .map(|silence| silence["status"]["state"].clone());
        states.collect::<Vec<_>>()
    };
    let matchers = vec![format!("service={service}").parse().unwrap()];
    let announcements = Announcements::begin(Announced {
        silence: Some(Silence::at(&url, matchers).unwrap()),
        ..Announced::default()
    });
    announcements.plan([&scenario()]);
    while states().await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(states().await, ["active"]);
    assert_eq!(announcements.end().await, Vec::<String>::new());
    assert_eq!(states().await, ["expired"]);
}
