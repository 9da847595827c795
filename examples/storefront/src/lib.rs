//! A small service with chaos wired in: what it needs for that is in `app` and `serve`, four lines in all.

mod checkout;
pub mod payments;

use std::future::Future;

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use chaos_tower::reqwest::ChaosMiddleware;
use chaos_tower::{ChaosLayer, ChaosListener, ChaosManager, Connection};
use tokio::net::TcpListener;

/// The service: what a user of the storefront can ask for. Who pays does so at the payments service at `payments`.
///
/// # Errors
///
/// When the HTTP client can't be made.
pub fn app(chaos: &ChaosManager, payments: &str) -> Result<Router, reqwest::Error> {
    // Connections of ours, and requests of ours on them.
    let http = chaos_tower::reqwest::client(chaos, "payments", checkout::client())?;
    let http = reqwest_middleware::ClientBuilder::new(http)
        .with(ChaosMiddleware::new(chaos, "payments"))
        .build();
    let checkout = checkout::Checkout::new(http, payments);
    Ok(Router::new()
        .route("/products", get(async || "a lamp, a chair, a table"))
        .route("/orders/{id}", get(order))
        .route("/checkout", post(checkout::pay))
        .with_state(checkout)
        .layer(ChaosLayer::server(chaos, "storefront"))
        .route("/health", get(async || "fine")))
}

async fn order(Path(id): Path<u32>) -> String {
    format!("order {id}: a lamp")
}

/// Serves the app until `stop`, then lets go of what chaos holds and finishes what was begun.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    chaos: ChaosManager,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let listener = ChaosListener::new(listener, &chaos, "storefront");
    let app = app.into_make_service_with_connect_info::<Connection>();
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            stop.await;
            // First halt, then drain: a request that is held would hold up the end.
            chaos.halt();
        })
        .await
}

/// The signals by which a service is told to stop.
pub async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
