//! Errors of requests, as `application/problem+json`.

use chaos_core::Error;
use chaos_core::error::FileError;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::reply::{ReplyBody, full};

/// The error of a request: RFC 9457, with the position in a document where there is one.
#[derive(Debug)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    body: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The most characters of a detail.
const LONGEST_DETAIL: usize = 2_000;

pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

impl Problem {
    pub(crate) fn new(status: StatusCode, title: &str) -> Self {
        let body = json!({ "title": title, "status": status.as_u16() });
        let Value::Object(body) = body else {
            unreachable!("it is an object");
        };
        Self(Box::new(Parts {
            status,
            body,
            headers: Vec::new(),
        }))
    }

    /// Adds what is wrong; a long text, such as one that repeats what was sent, is cut.
    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(LONGEST_DETAIL) {
            detail.truncate(end);
            detail.push('…');
        }
        self.with("detail", detail)
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.body.insert(key.to_owned(), value.into());
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("the values are written here");
        self.0.headers.push((name, value));
        self
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    pub(crate) fn into_response(self) -> Response<ReplyBody> {
        let Parts {
            status,
            body,
            headers,
        } = *self.0;
        let mut response = Response::new(full(Value::Object(body).to_string()));
        *response.status_mut() = status;
        let content_type = HeaderValue::from_static(CONTENT_TYPE);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
        response.headers_mut().extend(headers);
        response
    }
}

/// The error of a parameter.
pub(crate) fn invalid(name: &str, expected: &str) -> Problem {
    invalid_because(name, &format!("expected {expected}"))
}

pub(crate) fn invalid_because(name: &str, problem: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid parameter")
        .detail(format!("{name}: {problem}"))
        .with("parameter", name)
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid document")
            .detail(error.to_string());
        if let Some(file) = error.file() {
            problem = problem.with("file", file);
        }
        if let (Some(line), Some(column)) = (error.line(), error.column()) {
            problem = problem.with("line", line).with("column", column);
        }
        match error.key() {
            Some(key) => problem.with("key", key),
            None => problem,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, title) = match &error {
            Error::NotRunning { .. } => (StatusCode::NOT_FOUND, "not running"),
            Error::AlreadyRunning { .. } => (StatusCode::CONFLICT, "already running"),
            Error::NoLease { .. } => (StatusCode::CONFLICT, "no lease"),
            Error::Halted { .. } | Error::SwitchedOff { .. } => (StatusCode::CONFLICT, "halted"),
            Error::Superseded { .. } => (StatusCode::PRECONDITION_FAILED, "changed"),
            Error::NoGuardian(_) => (StatusCode::SERVICE_UNAVAILABLE, "not supervised"),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
        };
        let problem = Self::new(status, title).detail(error.to_string());
        match error {
            Error::AlreadyRunning { experiment, by } => problem
                .with("experiment", experiment)
                .with("holder", by.to_string()),
            _ => problem,
        }
    }
}
