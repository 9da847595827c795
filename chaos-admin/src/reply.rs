//! Successful replies.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use serde::Serialize;

use crate::problem::Problem;

/// The body of every reply.
pub(crate) type ReplyBody = UnsyncBoxBody<Bytes, Infallible>;

/// A body that is there as a whole.
pub(crate) fn full(bytes: impl Into<Bytes>) -> ReplyBody {
    Full::new(bytes.into()).boxed_unsync()
}

/// What a request is answered with.
pub(crate) type Replied = Result<Response<ReplyBody>, Problem>;

/// Answers with a value.
pub(crate) fn ok(value: &impl Serialize) -> Replied {
    Ok(json(StatusCode::OK, value))
}

pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<ReplyBody> {
    // Every type that is replied has text as its keys, and finite numbers.
    let body = serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec());
    typed(status, "application/json", body)
}

pub(crate) fn typed(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<ReplyBody> {
    let mut response = of_type(content_type, full(body));
    *response.status_mut() = status;
    response
}

pub(crate) fn of_type(content_type: &'static str, body: ReplyBody) -> Response<ReplyBody> {
    let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
    let mut response = Response::new(body);
    response.headers_mut().extend(content_type);
    response
}

pub(crate) fn no_content() -> Response<ReplyBody> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
