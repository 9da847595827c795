//! Faults of a server, as its callers see them.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use chaos_tower::{
    BlastRadius, ChaosBody, ChaosLayer, ChaosManager, CircuitBreak, Disconnect, Experiment,
    ExperimentGuard, Failure, Fault, Phase, RateLimit,
};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt, service_fn};

const HOUR: Duration = Duration::from_secs(3600);

fn orders() -> BlastRadius {
    BlastRadius::requests_to("orders")
}

fn inject(chaos: &ChaosManager, fault: Fault) -> ExperimentGuard {
    chaos.inject(orders(), fault).unwrap()
}

type Reply = Response<ChaosBody<Full<bytes::Bytes>>>;

/// A server that responds "done", behind a layer.
fn server(
    layer: &ChaosLayer,
) -> impl Service<
    Request<()>,
    Response = Reply,
    Error = Infallible,
    Future: Future<Output = Result<Reply, Infallible>> + Send,
> + Clone
+ use<> {
    layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::new(Full::from("done")))
    }))
}

fn order() -> http::request::Builder {
    Request::post("/orders")
}

async fn ask(
    layer: &ChaosLayer,
    request: http::request::Builder,
) -> (StatusCode, HeaderMap, String) {
    let reply = server(layer).oneshot(request.body(()).unwrap()).await;
    let (head, body) = reply.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        head.status,
        head.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn each_failure_has_its_status_and_a_problem_body() {
    for (failure, status) in [
        (Failure::Unavailable, 503),
        (Failure::Overloaded, 429),
        (Failure::CircuitOpen, 503),
        (Failure::TimedOut, 504),
        (Failure::NotFound, 404),
        (Failure::PermissionDenied, 403),
        (Failure::Internal, 500),
        (Failure::Deadlock, 500),
        (Failure::status(418).unwrap(), 418),
    ] {
        let chaos = ChaosManager::new();
        let layer = ChaosLayer::server(&chaos, "orders");
        let _guard = inject(&chaos, Fault::error(failure));
        let (got, headers, body) = ask(&layer, order()).await;
        assert_eq!(got.as_u16(), status, "{failure}");
        assert_eq!(headers["content-type"], "application/problem+json");
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["status"], status);
        assert_eq!(
            headers.contains_key("retry-after"),
            [429, 503].contains(&status),
            "{failure}"
        );
        assert!(!headers.contains_key("x-chaos-experiment"));
    }
}

#[tokio::test]
async fn a_header_selects_requests_in_any_case_and_by_any_of_its_values() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders");
    let down = Fault::error(Failure::Unavailable);
    let canary = orders().attribute("X-Canary", "yes*");
    let _guard = chaos.inject(canary, down).unwrap();
    let with = |values: &[&str]| {
        let add =
            |request: http::request::Builder, value: &&str| request.header("x-canary", *value);
        values.iter().fold(order(), add)
    };
    for values in [&["yes"][..], &["no", "yes, please"], &["yes", "no"]] {
        assert_eq!(ask(&layer, with(values)).await.0, 503, "{values:?}");
    }
    for values in [&[][..], &["no"], &["no", "\u{e9}"]] {
        assert_eq!(ask(&layer, with(values)).await.0, 200, "{values:?}");
    }
}

#[tokio::test]
async fn a_header_never_replaces_an_attribute() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders");
    let down = Fault::error(Failure::Unavailable);
    let charges = orders().attribute("path", "/charge");
    let _guard = chaos.inject(charges, down).unwrap();
    assert_eq!(ask(&layer, order().header("path", "/charge")).await.0, 200);
}

#[tokio::test]
async fn the_experiment_is_named_only_if_enabled() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders").name_experiment();
    let down = Experiment::new("down for a test")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(orders());
    let _guard = chaos.start(down).unwrap();
    let (_, headers, _) = ask(&layer, order()).await;
    assert_eq!(headers["x-chaos-experiment"], "down for a test");
}

#[tokio::test]
async fn a_request_whose_calls_were_struck_names_their_experiments_although_it_succeeds() {
    let chaos = ChaosManager::new();
    let payments = chaos.site("payments");
    let handler = service_fn(move |_: Request<String>| {
        let payments = payments.clone();
        async move {
            let charged = payments.point("charge").await;
            let text = if charged.is_ok() {
                "charged"
            } else {
                "on account"
            };
            Ok::<_, Infallible>(Response::new(text.to_owned()))
        }
    });
    let layer = ChaosLayer::server(&chaos, "orders").name_experiment();
    let down = |name: &str| {
        let experiment = Experiment::new(name).fault(Fault::error(Failure::Unavailable));
        experiment.blast_radius(BlastRadius::points_at("payments"))
    };
    let ask = async || {
        let request = order().body(String::new()).unwrap();
        let response = layer.layer(handler.clone()).oneshot(request).await;
        response
            .unwrap()
            .headers()
            .get("x-chaos-experiment")
            .cloned()
    };
    let guard = chaos.start(down("<down>")).unwrap();
    assert_eq!(ask().await.unwrap(), "?down?");
    drop(guard);
    let _dry = chaos.start(down("dry").dry_run()).unwrap();
    assert_eq!(ask().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_holds_the_request_and_then_is_a_504() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders");
    let _guard = inject(&chaos, Fault::timeout(Duration::from_secs(30)));
    let start = Instant::now();
    let (status, ..) = ask(&layer, order()).await;
    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_stalled_request_is_answered_after_a_halt() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders");
    let stalled = Experiment::new("stall")
        .fault(Fault::disconnect(Disconnect::Stall))
        .blast_radius(orders())
        .time_limit(24 * HOUR);
    let guard = chaos.start(stalled).unwrap();
    let asked = tokio::spawn(server(&layer).oneshot(order().body(()).unwrap()));
    guard.wait_for(1).await.unwrap();
    tokio::time::sleep(HOUR).await;
    assert!(!asked.is_finished());
    chaos.halt();
    assert_eq!(asked.await.unwrap().unwrap().status(), StatusCode::OK);
    chaos.halted().await;
}

#[tokio::test]
async fn a_rate_limit_reports_when_to_retry() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders");
    let _guard = inject(&chaos, Fault::rate_limit(RateLimit::per_minute(2).unwrap()));
    assert_eq!(ask(&layer, order()).await.0, StatusCode::OK);
    assert_eq!(ask(&layer, order()).await.0, StatusCode::OK);
    let (status, headers, _) = ask(&layer, order()).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    // Two per minute: the next one is allowed half a minute after the first.
    let wait: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((29..=30).contains(&wait), "{wait}");
}

#[tokio::test]
async fn an_open_circuit_fails_fast_and_reports_when_to_retry() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders");
    let circuit = CircuitBreak::after(1).unwrap();
    let circuit = circuit.open_for(Duration::from_secs(7)).unwrap();
    let _guard = inject(&chaos, Fault::circuit_break(circuit));
    assert_eq!(ask(&layer, order()).await.0, StatusCode::OK);
    let (status, headers, _) = ask(&layer, order()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers["retry-after"], "7");
}

#[tokio::test]
async fn grpc_errors_are_trailers_only_responses() {
    for (failure, code) in [
        (Failure::Unavailable, "14"),
        (Failure::Overloaded, "8"),
        (Failure::TimedOut, "4"),
        (Failure::NotFound, "5"),
        (Failure::PermissionDenied, "7"),
        (Failure::Internal, "13"),
        (Failure::grpc(10).unwrap(), "10"),
        (Failure::status(404).unwrap(), "12"),
    ] {
        let chaos = ChaosManager::new();
        let layer = ChaosLayer::server(&chaos, "orders");
        let _guard = inject(&chaos, Fault::error(failure));
        let request = order().header("content-type", "application/grpc+proto");
        let (status, headers, body) = ask(&layer, request).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, ""), "{failure}");
        assert_eq!(headers["content-type"], "application/grpc");
        assert_eq!(headers["grpc-status"], code, "{failure}");
    }
}

#[tokio::test]
async fn grpc_web_is_not_grpc() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders");
    let _guard = inject(&chaos, Fault::error(Failure::Unavailable));
    let request = order().header("content-type", "application/grpc-web");
    assert_eq!(
        ask(&layer, request).await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn a_reset_happens_before_any_byte_of_the_response() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders");
    let _guard = inject(&chaos, Fault::reset());
    let reply = server(&layer).oneshot(order().body(()).unwrap()).await;
    let error = reply.unwrap().into_body().collect().await.unwrap_err();
    let error: &std::io::Error = error.downcast_ref().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_head_request_cannot_be_broken_off_and_fails_with_a_500() {
    for failure in [Failure::Reset, Failure::Closed] {
        let chaos = ChaosManager::new();
        let layer = ChaosLayer::server(&chaos, "orders");
        let _guard = inject(&chaos, Fault::error(failure));
        let (status, ..) = ask(&layer, Request::head("/orders")).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{failure}");
    }
}

#[tokio::test]
async fn nested_health_routes_are_exempt() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders");
    let checks = Router::new().route("/{check}", get(async || "fine"));
    let app: Router = Router::new().nest("/api", checks).layer(layer);
    let all = inject(&chaos, Fault::error(Failure::Unavailable));
    for (path, status) in [
        ("/api/health", 200),
        ("/api/readyz", 200),
        ("/api/orders", 503),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let reply = app.clone().oneshot(request).await.unwrap();
        assert_eq!(reply.status().as_u16(), status, "{path}");
    }
    assert_eq!(all.injected(), 1);
}

#[tokio::test]
async fn health_readiness_and_metrics_are_affected_only_by_name() {
    let chaos = ChaosManager::new();
    let layer = ChaosLayer::server(&chaos, "orders");
    let all = inject(&chaos, Fault::error(Failure::Unavailable));
    for path in [
        "/health",
        "/health/db",
        "/healthz",
        "/livez",
        "/readyz",
        "/metrics",
        "/Ping/",
        "/actuator/prometheus",
    ] {
        let (status, ..) = ask(&layer, Request::get(path)).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
    assert_eq!(all.injected(), 0);
    let named = orders().operation("GET /health");
    let _named = chaos
        .inject(named, Fault::error(Failure::Unavailable))
        .unwrap();
    let (status, ..) = ask(&layer, Request::get("/health")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_operation_is_named_after_the_route_of_axum() {
    let chaos = ChaosManager::new();
    let app: Router = Router::new()
        .route("/orders/{id}", get(async || "an order"))
        .route("/orders", post(async || "made"))
        .layer(ChaosLayer::server(&chaos, "orders"));
    let radius = orders()
        .operation("GET /orders/{id}")
        .attribute("path", "/orders/7");
    let down = chaos
        .inject(radius, Fault::error(Failure::Unavailable))
        .unwrap();
    for (path, status) in [("/orders/7", 503), ("/orders/8", 200)] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let reply = app.clone().oneshot(request).await.unwrap();
        assert_eq!(reply.status().as_u16(), status, "{path}");
    }
    assert_eq!(down.injected(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_ready_holds_no_permit_of_the_inner_service() {
    let chaos = ChaosManager::new();
    let limit = tower::limit::GlobalConcurrencyLimitLayer::new(1);
    let inner = limit.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::default()))
    }));
    let mut stalled = ChaosLayer::server(&chaos, "orders").layer(inner.clone());
    let stall = Experiment::new("not ready")
        .fault(Fault::latency(HOUR))
        .blast_radius(orders())
        .phase(Phase::NotReady)
        .time_limit(24 * HOUR);
    let guard = chaos.start(stall).unwrap();
    let start = Instant::now();
    let ready = tokio::spawn(async move { stalled.ready().await.map(|_| ()) });
    guard.wait_for(1).await.unwrap();
    // Meanwhile the only permit is free, twice.
    for _ in 0..2 {
        let other = inner.clone();
        let _ = other.oneshot(order().body(()).unwrap()).await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    ready.await.unwrap().unwrap();
    assert_eq!(start.elapsed(), HOUR);
    assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
}
