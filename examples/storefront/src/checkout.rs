//! Paying for an order at the payments service.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use reqwest_middleware::ClientWithMiddleware;

/// How long the bank may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a checkout needs.
#[derive(Clone)]
pub(crate) struct Checkout {
    http: ClientWithMiddleware,
    charge: Arc<str>,
}

/// How calls to the payments service are made.
pub(crate) fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE)
}

impl Checkout {
    pub(crate) fn new(http: ClientWithMiddleware, payments: &str) -> Self {
        Self {
            http,
            charge: format!("{payments}/charge").into(),
        }
    }
}

/// Charges the customer; says what went wrong in words that the customer's browser knows.
pub(crate) async fn pay(State(checkout): State<Checkout>) -> (StatusCode, &'static str) {
    let reply = checkout.http.post(&*checkout.charge).send().await;
    match reply {
        Ok(reply) if reply.status().is_success() => (StatusCode::CREATED, "paid"),
        Ok(_) => (StatusCode::BAD_GATEWAY, "the bank said no"),
        Err(error) if error.is_timeout() => (StatusCode::GATEWAY_TIMEOUT, "the bank is slow"),
        Err(_) => (StatusCode::BAD_GATEWAY, "the bank is not to be reached"),
    }
}
