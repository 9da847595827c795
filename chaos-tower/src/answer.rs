//! What a server answers in place of the handler.

use chaos_core::{Failure, InjectedFault};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

/// The response that a failing server would have given.
pub(crate) fn answer<Body: From<String>>(fault: &InjectedFault) -> Response<Body> {
    let status = status(fault.failure());
    let title = status.canonical_reason().unwrap_or("Error");
    let problem = format!(r#"{{"title":"{title}","status":{}}}"#, status.as_u16());
    let mut response = Response::new(Body::from(problem));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some(wait) = fault.retry_after() {
        // Whole seconds, rounded up: a client that comes back then is let through.
        headers.insert(
            RETRY_AFTER,
            HeaderValue::from(wait.as_nanos().div_ceil(1_000_000_000) as u64),
        );
    }
    response
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
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
