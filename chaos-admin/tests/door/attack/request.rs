//! Valid requests, from which attacks are made.

use crate::SLOW;

/// A request that is not sent yet.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Vec<u8>,
    pub(super) target: Vec<u8>,
    /// Without the length of the body.
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    /// What goes before the body in place of its length, and is not always true.
    pub(super) framing: Option<String>,
    /// Whether its body is a document that is still valid.
    pub(super) has_valid_document: bool,
    /// Whether the API knows tokens, of which this request has a valid one.
    pub(super) with_token: bool,
    /// What it must not achieve.
    pub(super) refusal: Refusal,
    /// Whether the HTTP itself is broken, so that the connection may be closed without a reply.
    pub(super) broken: bool,
}

/// Which requests must be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// It may be valid.
    Unknown,
    /// It is invalid, but a halt takes effect all the same.
    Invalid,
    /// It has no right to anything.
    Forbidden,
}

/// What each route is asked for: method, path, and whether it takes a document.
pub(super) const VALID: [(&str, &str, bool); 20] = [
    ("GET", "/status", false),
    ("GET", "/sites", false),
    ("GET", "/experiments", false),
    ("GET", "/experiments/slow", false),
    ("GET", "/journal?since=0", false),
    ("GET", "/events", false),
    ("GET", "/outcomes", false),
    ("GET", "/policy", false),
    ("GET", "/explain?service=payments&operation=charge", false),
    ("GET", "/catalogue", false),
    ("GET", "/schema", false),
    ("GET", "/openapi.json", false),
    ("GET", "/metrics", false),
    ("POST", "/experiments?lease=1m", true),
    ("POST", "/validate", true),
    ("PUT", "/experiments/slow", true),
    ("PUT", "/experiments/slow/lease", false),
    ("DELETE", "/experiments/slow", false),
    ("POST", "/halt", false),
    ("POST", "/resume", false),
];

/// The routes that need an operator: from this one on, but for `/validate` and `/halt`.
const FIRST_CHANGE: usize = 13;

impl Request {
    pub(super) fn valid(route: usize) -> Self {
        let (method, path, takes_document) = VALID[route];
        let headers = [("host", "localhost"), ("connection", "close")];
        let mut request = Self {
            method: method.into(),
            target: format!("/chaos/v1{path}").into_bytes(),
            headers: Vec::new(),
            body: Vec::new(),
            framing: None,
            has_valid_document: takes_document,
            with_token: false,
            refusal: Refusal::Unknown,
            broken: false,
        };
        for (name, value) in headers {
            request.add(name, value);
        }
        if takes_document {
            request.add("content-type", "application/json");
            request.body = SLOW.into();
        }
        request
    }

    pub(super) fn add(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.headers.push((name.to_owned(), value.into()));
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.headers.retain(|(known, _)| known != name);
        self.add(name, value);
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.refusal = self.refusal.max(refusal);
    }

    /// The bytes to send.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [&self.method, &b" "[..], &self.target, b" HTTP/1.1\r\n"].concat();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        let length = format!("content-length: {}\r\n", self.body.len());
        bytes.extend(self.framing.as_ref().unwrap_or(&length).as_bytes());
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }
}

/// Whether only an operator may use a route.
pub(super) fn needs_operator(route: usize) -> bool {
    route >= FIRST_CHANGE && !matches!(VALID[route].1, "/validate" | "/halt")
}
