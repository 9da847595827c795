//! A shop that asks payments, and scenarios against it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use chaos_admin::{Address, Admin, AdminServer};
use chaos_core::{ChaosManager, Environment};
use chaos_lab::control::{Control, RemoteControl};
use chaos_lab::record::{RecordWriter, read_record};
use chaos_lab::report::{Indicator, Report};
use chaos_lab::scenario::{Scenario, Target};
use chaos_lab::{Run, RunError, Verdict, judge};
use chaos_tower::ChaosLayer;
use tempfile::TempDir;
use tokio::net::TcpListener;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Shop {
    Absorbs,
    PassesOn,
    /// An order whose payment fails is stored all the same.
    LosesTrack,
}

pub(crate) fn manager() -> ChaosManager {
    ChaosManager::builder()
        .environment(Environment::Test)
        .build()
}

/// Serves a shop, and returns its URL.
pub(crate) async fn serve(chaos: &ChaosManager, shop: Shop) -> String {
    let payments = chaos.site("payments");
    let books = Arc::new(AtomicBool::new(true));
    let balanced = Arc::clone(&books);
    let orders = async move || match payments.point("charge").await {
        Err(_) if shop == Shop::PassesOn => StatusCode::BAD_GATEWAY,
        Err(_) if shop == Shop::LosesTrack => {
            books.store(false, Ordering::Relaxed);
            StatusCode::OK
        }
        _ => StatusCode::OK,
    };
    let books = async move || match balanced.load(Ordering::Relaxed) {
        true => StatusCode::OK,
        false => StatusCode::CONFLICT,
    };
    let app = Router::new()
        .route("/orders", get(orders))
        .route("/books", get(books))
        .route("/health", get(async || "well"))
        .layer(ChaosLayer::server(chaos, "shop"));
    serve_router(app).await
}

pub(crate) async fn serve_router(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

/// The API of a manager on a socket, until it is dropped.
pub(crate) struct Api {
    _server: AdminServer,
    _directory: TempDir,
}

pub(crate) fn open_api(chaos: &ChaosManager) -> (Api, RemoteControl) {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("chaos.sock");
    let admin = Admin::new(chaos).listen(Address::Unix(socket.clone()));
    let api = Api {
        _server: admin.serve().unwrap(),
        _directory: directory,
    };
    let control = RemoteControl::new(&format!("unix:{}", socket.display()));
    (api, control.unwrap())
}

pub(crate) fn scenario(rate: &str) -> Scenario {
    serde_json::from_value(serde_json::json!({
        "name": "refused payments",
        "experiments": [{
            "name": "refused",
            "fault": { "error": "refused" },
            "blast_radius": { "points_at": "payments", "rate": rate },
        }],
        "load": { "per_second": 100, "requests": [{ "path": "/orders" }] },
        "steady_state": [{ "http": "/health" }],
        "stages": { "baseline": "1s", "inject": "3s", "recover": "20s", "cooldown": "0s" },
    }))
    .unwrap()
}

/// Runs a scenario, and judges its record.
pub(crate) async fn run(
    scenario: &Scenario,
    control: &impl Control,
    url: &str,
    stop: impl Future<Output = String>,
) -> Report {
    let target = Target::at(url);
    let recorded = record(Run::new(scenario, control, &target), stop).await;
    recorded.unwrap()
}

/// Records a run, and judges it.
pub(crate) async fn record(
    run: Run<'_, impl Control>,
    stop: impl Future<Output = String>,
) -> Result<Report, RunError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("record.jsonl");
    let mut record = RecordWriter::create(&path).unwrap();
    run.record(&mut record, stop).await?;
    let text = std::fs::read_to_string(&path).unwrap();
    let (opened, lines) = read_record(&text).unwrap();
    Ok(judge(&opened, &lines, &opened.scenario.objectives.limits()))
}

pub(crate) fn verdict(report: &Report, indicator: Indicator) -> &Verdict {
    let mut findings = report.findings.iter();
    let finding = findings.find(|finding| finding.indicator == indicator);
    &finding.unwrap().verdict
}

pub(crate) async fn post_json(url: &str, body: String) {
    let request = Request::post(url)
        .header("content-type", "application/json")
        .body(http_body_util::Full::new(bytes::Bytes::from(body)))
        .unwrap();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new());
    let reply = client.build_http().request(request).await.unwrap();
    assert!(reply.status().is_success(), "{reply:?}");
}
