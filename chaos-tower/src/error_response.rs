//! The error response of a failing server, and how conditions count a response.

use std::time::Duration;

use chaos_core::adapter::Outcome;
use chaos_core::{Failure, InjectedFault};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::grpc;

/// The protocol in which errors are reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Protocol {
    #[default]
    Http,
    Grpc,
}

/// `Retry-After` of a server that has no better estimate.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

impl Protocol {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(CONTENT_TYPE) {
            Some(kind) if grpc::is_grpc(kind) => Self::Grpc,
            _ => Self::Http,
        }
    }
}

/// Returns the response of a server that fails in this way, with the text of its body.
pub(crate) fn for_fault(fault: &InjectedFault, protocol: Protocol) -> Response<String> {
    match protocol {
        Protocol::Http => problem(fault),
        Protocol::Grpc => grpc::trailers_only(fault),
    }
}

fn problem(fault: &InjectedFault) -> Response<String> {
    let status = status(fault.failure());
    let title = status.canonical_reason().unwrap_or("Error");
    let mut response = Response::new(format!(
        r#"{{"title":"{title}","status":{}}}"#,
        status.as_u16()
    ));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some(wait) = fault.retry_after().or_else(|| default_retry_after(status)) {
        // Whole seconds, rounded up: a client that retries then is let through.
        headers.insert(
            RETRY_AFTER,
            HeaderValue::from(wait.as_nanos().div_ceil(1_000_000_000) as u64),
        );
    }
    response
}

fn default_retry_after(status: StatusCode) -> Option<Duration> {
    [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ]
    .contains(&status)
    .then_some(DEFAULT_RETRY_AFTER)
}

fn status(failure: &Failure) -> StatusCode {
    match failure {
        Failure::Unavailable
        | Failure::CircuitOpen
        | Failure::Refused
        | Failure::TooManyConnections => StatusCode::SERVICE_UNAVAILABLE,
        Failure::Overloaded => StatusCode::TOO_MANY_REQUESTS,
        Failure::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        Failure::NotFound => StatusCode::NOT_FOUND,
        Failure::PermissionDenied => StatusCode::FORBIDDEN,
        Failure::Status(status) => {
            StatusCode::from_u16(status.get()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Failure::Internal
        | Failure::Reset
        | Failure::Closed
        | Failure::Deadlock
        | Failure::SerializationConflict
        | Failure::UniqueViolation
        | Failure::ForeignKeyViolation
        | Failure::CheckViolation
        | Failure::QueryCancelled
        | Failure::ReadOnly
        | Failure::DiskFull
        | Failure::Grpc(_)
        | Failure::SqlState(_) => StatusCode::INTERNAL_SERVER_ERROR,
        unknown => {
            tracing::warn!(failure = ?unknown, "chaos-tower has no HTTP status for this failure, using 500");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// Returns how conditions count a response.
pub(crate) fn outcome(status: StatusCode, headers: &HeaderMap) -> Outcome {
    if status.is_server_error() || grpc::is_failure(headers) {
        Outcome::Failure
    } else {
        Outcome::Success
    }
}
