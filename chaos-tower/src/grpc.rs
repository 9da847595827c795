//! gRPC errors, which are sent in trailers.

use chaos_core::{Failure, InjectedFault};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Response};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// `UNKNOWN`.
const UNKNOWN: u16 = 2;

/// True for the content type of gRPC, but not of gRPC-Web, which has its trailers in the body.
pub(crate) fn is_grpc(content_type: &HeaderValue) -> bool {
    content_type
        .as_bytes()
        .strip_prefix(b"application/grpc")
        .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// Returns the response of a server that fails before its first message.
pub(crate) fn trailers_only(fault: &InjectedFault) -> Response<String> {
    let mut response = Response::new(String::new());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.extend(status(fault));
    response
}

/// Returns the status of a fault, as a server sends it in trailers.
pub(crate) fn status(fault: &InjectedFault) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(STATUS, HeaderValue::from(code(fault.failure())));
    if let Ok(message) = HeaderValue::from_str(&fault.failure().to_string()) {
        headers.insert(MESSAGE, message);
    }
    if let Some(wait) = fault.retry_after() {
        let wait = u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        headers.insert(PUSHBACK, HeaderValue::from(wait));
    }
    headers
}

/// True for trailers, or the head of a trailers-only response, with the code of a server failure.
pub(crate) fn is_failure(headers: &HeaderMap) -> bool {
    headers
        .get(STATUS)
        .is_some_and(|code| matches!(code.as_bytes(), b"2" | b"4" | b"8" | b"13" | b"14" | b"15"))
}

fn code(failure: &Failure) -> u16 {
    match failure {
        Failure::QueryCancelled => 1,
        Failure::TimedOut => 4,
        Failure::NotFound => 5,
        Failure::UniqueViolation => 6,
        Failure::PermissionDenied => 7,
        Failure::Overloaded | Failure::TooManyConnections | Failure::DiskFull => 8,
        Failure::ForeignKeyViolation | Failure::CheckViolation | Failure::ReadOnly => 9,
        Failure::Deadlock | Failure::SerializationConflict => 10,
        Failure::Internal => 13,
        Failure::Unavailable
        | Failure::CircuitOpen
        | Failure::Refused
        | Failure::Reset
        | Failure::Closed => 14,
        Failure::Grpc(code) => u16::from(code.get()),
        // gRPC's own table of HTTP statuses.
        Failure::Status(status) => match status.get() {
            400 => 13,
            401 => 16,
            403 => 7,
            404 => 12,
            429 | 502..=504 => 14,
            _ => UNKNOWN,
        },
        Failure::SqlState(_) => UNKNOWN,
        unknown => {
            tracing::warn!(failure = ?unknown, "chaos-tower has no gRPC code for this failure, using UNKNOWN");
            UNKNOWN
        }
    }
}
