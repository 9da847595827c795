//! What a failing server answers, and what an answer says of a server.

use std::time::Duration;

use chaos_core::adapter::Outcome;
use chaos_core::{Failure, InjectedFault};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::grpc;

/// In which words an answer is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Protocol {
    #[default]
    Http,
    Grpc,
}

/// Whether an answer says which experiment gave it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Naming {
    #[default]
    Nowhere,
    InHeader,
}

const EXPERIMENT: HeaderName = HeaderName::from_static("x-chaos-experiment");

impl Protocol {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(CONTENT_TYPE) {
            Some(kind) if grpc::is_grpc(kind) => Self::Grpc,
            _ => Self::Http,
        }
    }
}

/// The response that a failing server would have given, with the text of its body.
pub(crate) fn answer(
    fault: &InjectedFault,
    protocol: Protocol,
    naming: Naming,
) -> Response<String> {
    let mut response = match protocol {
        Protocol::Http => problem(fault),
        Protocol::Grpc => grpc::trailers_only(fault),
    };
    if naming == Naming::InHeader {
        let name = HeaderValue::from_str(fault.experiment())
            // Not every name can stand in a header.
            .unwrap_or_else(|_| HeaderValue::from_static("?"));
        response.headers_mut().insert(EXPERIMENT, name);
    }
    response
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
    if let Some(wait) = fault.retry_after().or_else(|| usual_wait(status)) {
        // Whole seconds, rounded up: a client that comes back then is let through.
        headers.insert(
            RETRY_AFTER,
            HeaderValue::from(wait.as_nanos().div_ceil(1_000_000_000) as u64),
        );
    }
    response
}

/// How long a server that does not know better sends its clients away.
fn usual_wait(status: StatusCode) -> Option<Duration> {
    [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ]
    .contains(&status)
    .then_some(Duration::from_secs(1))
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

/// What a condition says of an answer.
pub(crate) fn outcome(status: StatusCode, headers: &HeaderMap) -> Outcome {
    if status.is_server_error() || grpc::is_failure(headers) {
        Outcome::Failure
    } else {
        Outcome::Success
    }
}
