//! Errors of requests, as `application/problem+json`.

use chaos_core::Error;
use chaos_core::error::FileError;
use chaos_core::policy::BrokenRule;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};

use crate::reply::{ReplyBody, typed};

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
    /// A problem with what is wrong; a long text, such as one that repeats what was sent, is cut.
    pub(crate) fn new(status: u16, title: &str, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(LONGEST_DETAIL) {
            detail.truncate(end);
            detail.push('…');
        }
        let body = [
            ("title", title.into()),
            ("status", status.into()),
            ("detail", detail.into()),
        ];
        Self(Box::new(Parts {
            status: StatusCode::from_u16(status).expect("the statuses are written here"),
            body: body
                .map(|(key, value)| (key.to_owned(), value))
                .into_iter()
                .collect(),
            headers: Vec::new(),
        }))
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
        let mut response = typed(
            self.0.status,
            CONTENT_TYPE,
            Value::Object(self.0.body).to_string(),
        );
        response.headers_mut().extend(self.0.headers);
        response
    }
}

/// The error of a parameter.
pub(crate) fn invalid(name: &str, expected: &str) -> Problem {
    invalid_because(name, &format!("expected {expected}"))
}

pub(crate) fn invalid_because(name: &str, problem: &str) -> Problem {
    Problem::new(400, "invalid parameter", format!("{name}: {problem}")).with("parameter", name)
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        let mut problem = Self::new(422, "invalid document", error.to_string());
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
            Error::NotRunning { .. } => (404, "not running"),
            Error::AlreadyRunning { .. } => (409, "already running"),
            Error::NoLease { .. } => (409, "no lease"),
            Error::Halted { .. } | Error::SwitchedOff { .. } => (409, "halted"),
            Error::Superseded { .. } => (412, "changed"),
            Error::NoGuardian(_) => (503, "not supervised"),
            _ => (422, "refused"),
        };
        let problem = Self::new(status, title, error.to_string());
        match error {
            Error::Policy {
                rule: BrokenRule::Unapproved { needs, .. },
                ..
            } => problem.with("needs", needs.name()),
            Error::AlreadyRunning { experiment, by } => problem
                .with("experiment", experiment)
                .with("holder", by.to_string()),
            _ => problem,
        }
    }
}
