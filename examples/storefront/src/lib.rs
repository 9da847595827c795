//! A small service with chaos wired in.

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use chaos_tower::{ChaosLayer, ChaosManager};

/// The service: what a user of the storefront can ask for.
pub fn app(chaos: &ChaosManager) -> Router {
    Router::new()
        .route("/products", get(async || "a lamp, a chair, a table"))
        .route("/orders/{id}", get(order))
        .route("/orders", post(async || (StatusCode::CREATED, "order 1")))
        .layer(ChaosLayer::server(chaos, "storefront"))
        .route("/health", get(async || "fine"))
}

async fn order(Path(id): Path<u32>) -> String {
    format!("order {id}: a lamp")
}
