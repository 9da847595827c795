//! What customers are told when they don't get what they asked for.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a customer does not get what was asked for, as `application/problem+json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    NoKey,
    NoSuchProduct,
    NoSuchOrder,
    SoldOut,
    OtherOrder,
    PaymentRejected,
    PaymentsDown,
    DatabaseDown,
    Panicked,
}

impl Problem {
    fn status(self) -> StatusCode {
        match self {
            Self::NoKey => StatusCode::BAD_REQUEST,
            Self::NoSuchProduct | Self::NoSuchOrder => StatusCode::NOT_FOUND,
            Self::SoldOut => StatusCode::CONFLICT,
            Self::OtherOrder => StatusCode::UNPROCESSABLE_ENTITY,
            Self::PaymentRejected => StatusCode::PAYMENT_REQUIRED,
            Self::PaymentsDown | Self::DatabaseDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::NoKey => {
                "a checkout needs an idempotency-key of up to 64 letters, digits and dashes"
            }
            Self::NoSuchProduct => "there is no such product",
            Self::NoSuchOrder => "there is no such order",
            Self::SoldOut => "it is sold out",
            Self::OtherOrder => "an order of something else has this key",
            Self::PaymentRejected => "the payment was rejected",
            Self::PaymentsDown => {
                "payments are down; the order is kept: ask again with the same key"
            }
            Self::DatabaseDown => "the database is down; ask again with the same key",
            Self::Panicked => "it is our fault",
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let problem = json!({
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "detail": self.detail(),
        });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                (status, kind, [(header::RETRY_AFTER, "1")], Json(problem)).into_response()
            }
            _ => (status, kind, Json(problem)).into_response(),
        }
    }
}
