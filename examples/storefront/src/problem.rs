//! Errors as customers get them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request failed; sent as `application/problem+json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Problem(StatusCode, &'static str);

impl Problem {
    pub(crate) const NO_KEY: Self = Self(
        StatusCode::BAD_REQUEST,
        "an idempotency-key of up to 64 letters, digits and dashes is missing",
    );
    pub(crate) const NO_SUCH_PRODUCT: Self = Self(StatusCode::NOT_FOUND, "no such product");
    pub(crate) const NO_SUCH_ORDER: Self = Self(StatusCode::NOT_FOUND, "no such order");
    pub(crate) const NO_SUCH_RULE: Self = Self(
        StatusCode::NOT_FOUND,
        "expected one of charges, orders, receipts and catalogue",
    );
    pub(crate) const SOLD_OUT: Self = Self(StatusCode::CONFLICT, "the product is sold out");
    pub(crate) const KEY_REUSED: Self = Self(
        StatusCode::UNPROCESSABLE_ENTITY,
        "an order of another product has this key",
    );
    pub(crate) const PAYMENT_REJECTED: Self =
        Self(StatusCode::PAYMENT_REQUIRED, "the payment was rejected");
    pub(crate) const PAYMENTS_DOWN: Self = Self(
        StatusCode::SERVICE_UNAVAILABLE,
        "payments are down, and the order is kept: try again with the same key",
    );
    pub(crate) const DATABASE_DOWN: Self = Self(
        StatusCode::SERVICE_UNAVAILABLE,
        "the database is down: try again with the same key",
    );
    pub(crate) const PANICKED: Self = Self(StatusCode::INTERNAL_SERVER_ERROR, "an internal error");
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(status, detail) = self;
        let title = status.canonical_reason();
        let problem = json!({ "title": title, "status": status.as_u16(), "detail": detail });
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, content_type, Json(problem)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let retry_after = HeaderValue::from_static("1");
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, retry_after);
        }
        response
    }
}
