//! 5. Protected services are never hit; health, readiness and metrics routes are hit only if named.

use chaos_core::adapter::Support;
use chaos_core::{
    BlastRadius, ChaosManager, Consent, Error, Experiment, Failure, Fault, Operation,
    OperationGlob, Site, SiteKind,
};

use crate::asking::gets_through;
use crate::experiments::PMS;

const KINDS: [SiteKind; 5] = [
    SiteKind::Server,
    SiteKind::Client,
    SiteKind::Database,
    SiteKind::Stream,
    SiteKind::Point,
];

fn everything() -> BlastRadius {
    BlastRadius::everything(Consent::by("game day").unwrap())
}

fn failing_at(radius: BlastRadius) -> Experiment {
    Experiment::new("down")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(radius)
}

fn is_hit(site: &Site, operation: &str) -> bool {
    site.point_blocking(operation).is_err()
}

#[test]
fn every_way_of_naming_a_protected_service_is_refused() {
    let chaos = ChaosManager::builder().protect("auth").build();
    let named = [
        BlastRadius::calls_to("auth"),
        BlastRadius::requests_to("auth"),
        BlastRadius::queries_on("auth"),
        BlastRadius::streams_to("auth"),
        BlastRadius::points_at("auth"),
        BlastRadius::services(["orders", "auth"]),
    ];
    for radius in named {
        let consent = Consent::by("no consent is enough").unwrap();
        let agreed = failing_at(radius)
            .consent_to_production(consent.clone())
            .consent_to_destruction(consent);
        let refused = chaos.start(agreed);
        assert!(
            matches!(&refused, Err(Error::Protected { service, .. }) if service == "auth"),
            "{refused:?}"
        );
    }
}

#[test]
fn everything_excludes_protected_services() {
    let chaos = ChaosManager::builder().protect("auth").build();
    let sites = KINDS.map(|kind| chaos.register(kind, "auth", Support::CALLS));
    let pms = chaos.site(PMS);
    let _guard = chaos.start(failing_at(everything())).unwrap();
    assert!(is_hit(&pms, "reserve"));
    for site in &sites {
        assert!(!is_hit(site, "login"), "{:?}", site.kind());
    }
}

#[test]
fn a_protected_site_registered_later_is_not_hit() {
    let chaos = ChaosManager::builder().protect("auth").build();
    let _guard = chaos.start(failing_at(everything())).unwrap();
    for kind in KINDS {
        let site = chaos.register(kind, "auth", Support::CALLS);
        assert!(!is_hit(&site, "login"), "{kind:?}");
    }
    assert!(is_hit(&chaos.site(PMS), "reserve"));
}

#[tokio::test]
async fn naming_an_operation_does_not_hit_a_protected_service() {
    let chaos = ChaosManager::builder().protect("auth").build();
    let auth = chaos.site("auth");
    let guard = chaos
        .start(failing_at(everything().operation("reserve")))
        .unwrap();
    assert!(gets_through(&auth).await);
    assert_eq!(guard.injected(), 0);
}

const EXEMPT: [&str; 28] = [
    "GET /health",
    "GET /health/db",
    "HEAD /healthz",
    "GET /healthz/",
    "GET /HealthZ",
    "GET /healthcheck",
    "GET /livez",
    "GET /live",
    "GET /ready",
    "GET /ready/",
    "GET /readyz",
    "GET /READYZ",
    "GET /startup",
    "GET /status",
    "GET /ping",
    "OPTIONS /ping",
    "GET /metrics",
    "GET /actuator/health/db",
    "GET /actuator/prometheus",
    "GET /orders-service/actuator/health/db",
    "GET /orders-service/ready",
    "GET /api/health/live",
    "GET /api/v1/health/live",
    "GET /api/v1/ping",
    "GET /-/healthy",
    "/ping",
    "POST /grpc.health.v1.Health/Check",
    "POST /grpc.health.v1.Health/Watch",
];

const BUSINESS: [&str; 11] = [
    "GET /orders",
    "GET /orders/healthy-food",
    "GET /healthy-food",
    "GET /statuses",
    "GET /status/7",
    "GET /orders/7/status",
    "GET /api/v1/orders/7/ready",
    "GET /live-streams",
    "POST /payments/status",
    "POST /grpc.health.v2/Check",
    "status",
];

#[test]
fn health_readiness_and_metrics_of_a_server_are_exempt() {
    let chaos = ChaosManager::new();
    let orders = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    for radius in [
        BlastRadius::requests_to("orders"),
        BlastRadius::services(["orders"]),
        BlastRadius::requests_to("orders").operation("*"),
        BlastRadius::requests_to("orders").operation("* /*"),
        everything(),
    ] {
        let guard = chaos.start(failing_at(radius.clone())).unwrap();
        for operation in EXEMPT {
            assert!(!is_hit(&orders, operation), "{operation}, {radius:?}");
        }
        assert_eq!(guard.injected(), 0);
    }
}

#[test]
fn business_routes_of_similar_names_are_hit() {
    let chaos = ChaosManager::new();
    let orders = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    let _guard = chaos
        .start(failing_at(BlastRadius::requests_to("orders")))
        .unwrap();
    for operation in BUSINESS {
        assert!(is_hit(&orders, operation), "{operation}");
    }
}

#[test]
fn a_health_route_is_recognized_under_the_name_of_a_parameter() {
    let chaos = ChaosManager::builder()
        .exempt(OperationGlob::new("* /api/warmup").unwrap())
        .build();
    let orders = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    let _guard = chaos
        .start(failing_at(BlastRadius::requests_to("orders")))
        .unwrap();
    for (path, is_hit) in [
        ("/api/health", false),
        ("/api/warmup/", false),
        ("/api/orders", true),
    ] {
        let attributes = [("method", "GET"), ("path", path)];
        let operation = Operation::new("GET /api/{page}").attributes(&attributes);
        assert_eq!(!orders.decide(&operation).is_none(), is_hit, "{path}");
    }
}

#[test]
fn a_named_exempt_route_is_hit() {
    let chaos = ChaosManager::new();
    let orders = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    for operation in EXEMPT {
        let radius = BlastRadius::requests_to("orders").operation(operation);
        let _guard = chaos.start(failing_at(radius)).unwrap();
        assert!(is_hit(&orders, operation), "{operation}");
    }
}

#[test]
fn only_servers_have_exempt_routes() {
    let chaos = ChaosManager::new();
    let orders = chaos.register(SiteKind::Client, "orders", Support::CALLS);
    let radius = BlastRadius::calls_to("orders");
    let _guard = chaos.start(failing_at(radius)).unwrap();
    assert!(is_hit(&orders, "GET /health"));
}

#[test]
fn a_service_can_exempt_more_of_its_routes() {
    let chaos = ChaosManager::builder()
        .exempt(OperationGlob::new("* /admin/*").unwrap())
        .build();
    let orders = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    let guard = chaos
        .start(failing_at(BlastRadius::requests_to("orders")))
        .unwrap();
    for operation in ["POST /admin/stop", "POST /Admin/Stop/", "POST /admin/"] {
        assert!(!is_hit(&orders, operation), "{operation}");
    }
    assert!(
        !is_hit(&orders, "GET /health"),
        "the default routes stay exempt"
    );
    assert!(is_hit(&orders, "POST /orders"));
    drop(guard);
    let named = BlastRadius::requests_to("orders").operation("POST /admin/stop");
    let _guard = chaos.start(failing_at(named)).unwrap();
    assert!(is_hit(&orders, "POST /admin/stop"));
}
