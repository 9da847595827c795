//! The load, against a server that knows what it answered.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use chaos_lab::load::{Answer, Load, LoadPlan, Sample, StartLoadError};
use chaos_lab::scenario::Target;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

fn start(plan: &str, target: &str) -> (Load, UnboundedReceiver<Sample>) {
    let plan: LoadPlan = serde_json::from_str(plan).unwrap();
    let (sender, samples) = unbounded_channel();
    let load = Load::start(
        &plan,
        &Target::at(target),
        "run",
        Instant::now(),
        move |sample| drop(sender.send(sample)),
    )
    .unwrap();
    (load, samples)
}

#[tokio::test]
async fn each_request_has_an_id_and_the_number_in_its_path_and_body() {
    let echo = async |Path(order): Path<u64>, headers: HeaderMap, body: String| {
        let id = headers["x-request-id"].to_str().unwrap().to_owned();
        let as_expected = id == format!("run-{order}") && body == format!(r#"{{"order":{order}}}"#);
        let as_json = headers["content-type"] == "application/json";
        let run = headers["idempotency-key"].to_str().unwrap();
        let (run, number) = run.split_once('-').unwrap();
        let is_unique = run.len() > 8 && number == order.to_string();
        if as_expected && as_json && is_unique && headers["x-tenant"] == "a" {
            (StatusCode::CREATED, "accepted")
        } else {
            (StatusCode::BAD_REQUEST, "refused")
        }
    };
    let target = serve(Router::new().route("/orders/{n}", post(echo))).await;
    let (_load, mut samples) = start(
        r#"{ "per_second": 200, "requests": [{
            "name": "order", "method": "POST", "path": "/orders/{n}", "body": "{\"order\":{n}}",
            "headers": { "x-tenant": "a", "idempotency-key": "{run}-{n}" },
            "expect": { "status": 201, "body_contains": "accepted" }
        }] }"#,
        &target,
    );
    let mut ids = BTreeSet::new();
    for _ in 0..20 {
        let sample = samples.recv().await.unwrap();
        assert!(sample.ok, "{sample:?}");
        assert_eq!(sample.request, "order");
        ids.insert(sample.id);
    }
    assert_eq!(ids.len(), 20);
}

#[tokio::test]
async fn each_failure_is_named() {
    let hang = async || std::future::pending::<StatusCode>().await;
    let app = Router::new()
        .route("/down", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .route("/other", get(async || "another body"))
        .route("/hang", get(hang));
    let target = serve(app).await;
    let expected = [
        ("/down", "{}", Answer::Status(503)),
        (
            "/other",
            r#"{ "body_contains": "paid" }"#,
            Answer::Body(200),
        ),
        ("/hang", "{}", Answer::Timeout),
    ];
    for (path, expect, answer) in expected {
        let plan = format!(
            r#"{{ "per_second": 100, "requests": [{{ "path": "{path}", "timeout": "50ms", "expect": {expect} }}] }}"#
        );
        let (_load, mut samples) = start(&plan, &target);
        let sample = samples.recv().await.unwrap();
        assert_eq!((sample.answer, sample.ok), (answer, false), "{path}");
    }
}

#[tokio::test]
async fn a_connection_that_fails_or_breaks_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nothing = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let plan = r#"{ "per_second": 100, "requests": [{ "path": "/" }] }"#;
    let (_load, mut samples) = start(plan, &nothing);
    assert_eq!(samples.recv().await.unwrap().answer, Answer::Unreachable);

    let breaking = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}", breaking.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = breaking.accept().await {
            let _ = stream.readable().await;
            drop(stream);
        }
    });
    let (_load, mut samples) = start(plan, &target);
    assert_eq!(samples.recv().await.unwrap().answer, Answer::BrokenOff);
}

#[tokio::test]
async fn requests_are_sent_on_schedule_while_the_target_stalls() {
    let (release, released) = tokio::sync::watch::channel(());
    let stall = async move || {
        let mut released = released.clone();
        let _ = released.changed().await;
    };
    let target = serve(Router::new().route("/", get(stall))).await;
    let (load, mut samples) = start(
        r#"{ "per_second": 100, "requests": [{ "path": "/", "timeout": "200ms" }] }"#,
        &target,
    );
    let mut due = Vec::new();
    // More than are looked at, as they may end in another order on a busy machine.
    for _ in 0..100 {
        let sample = samples.recv().await.unwrap();
        assert_eq!(sample.answer, Answer::Timeout);
        assert!(sample.took.0 >= Duration::from_millis(200), "{sample:?}");
        due.push(sample.due.0);
    }
    due.sort();
    for (number, due) in (0..50).zip(due) {
        assert_eq!(due, Duration::from_millis(10) * number);
    }
    drop(load);
    drop(release);
    while let Some(sample) = samples.recv().await {
        assert_ne!(sample.answer, Answer::Unsent);
    }
}

#[tokio::test]
async fn a_target_that_is_no_url_is_refused() {
    let plan: LoadPlan =
        serde_json::from_str(r#"{ "per_second": 1, "requests": [{ "path": "/" }] }"#).unwrap();
    for target in ["", "localhost", "ftp://localhost"] {
        let (sender, _samples) = unbounded_channel();
        let Err(StartLoadError::Invalid(error)) = Load::start(
            &plan,
            &Target::at(target),
            "run",
            Instant::now(),
            move |sample| drop(sender.send(sample)),
        ) else {
            panic!("`{target}` is accepted");
        };
        assert!(error.to_string().contains("is no URL such as"), "{error}");
    }
}
