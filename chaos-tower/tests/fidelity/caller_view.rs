//! Everything that a caller can ask a failure for, except message texts and addresses.
//!
//! No code that inspects errors can distinguish two failures with equal views. The same view is taken of plain clients
//! and of clients with a layer.

use std::error::Error;
use std::fmt;
use std::io;

use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use hyper_util::client::legacy;
use tower::{Service, ServiceExt};

type BoxError = Box<dyn Error + Send + Sync>;

/// The names of the predicates of an error that are true.
type Predicates = Vec<&'static str>;

macro_rules! predicates {
    ($error:expr, $($name:ident)+) => {
        [$((stringify!($name), $error.$name())),+]
            .into_iter()
            .filter_map(|(name, holds)| holds.then_some(name))
            .collect::<Predicates>()
    };
}

/// How far the call came.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Progress {
    /// The call failed without a response.
    Send,
    /// There was a response, but its body failed.
    Body,
    /// Nothing failed, although the status may report a failure.
    Complete,
}

/// The reset of an HTTP/2 stream or connection.
#[derive(PartialEq, Eq, Clone, Copy)]
pub(crate) struct Reset {
    pub(crate) by: By,
    pub(crate) reason: Option<h2::Reason>,
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum By {
    Peer,
    Us,
}

impl fmt::Debug for Reset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}: {:?}", self.by, self.reason)
    }
}

/// What the caller sees of a call.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct CallerView {
    pub(crate) progress: Progress,
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<String>,
    /// The predicates of the error that the client returns: a `reqwest::Error`, or hyper-util's `legacy::Error`.
    pub(crate) client: Predicates,
    /// The kind of each `io::Error` in the chain of sources, outermost first.
    pub(crate) io: Vec<io::ErrorKind>,
    /// The predicates of each `hyper::Error` in the chain. For most kinds none is true.
    pub(crate) hyper: Vec<Predicates>,
    /// One for each `h2::Error` in the chain.
    pub(crate) h2: Vec<Reset>,
}

impl CallerView {
    /// GETs `url` and reads the whole body.
    pub(crate) async fn by_reqwest(client: &reqwest::Client, url: &str) -> Self {
        Self::by_reqwest_service(client.clone(), url).await
    }

    /// Like `by_reqwest`, through a service around the client.
    pub(crate) async fn by_reqwest_service<S>(service: S, url: &str) -> Self
    where
        S: Service<reqwest::Request, Response = reqwest::Response, Error = reqwest::Error>,
    {
        let url = url.parse().expect("a URL");
        let request = reqwest::Request::new(reqwest::Method::GET, url);
        let response = match service.oneshot(request).await {
            Ok(response) => response,
            Err(error) => return Self::no_response().with_error(&error),
        };
        let head = Self::head(response.status(), response.headers());
        match response.bytes().await {
            Ok(_) => head,
            Err(error) => head.with_body_error(&error),
        }
    }

    /// GETs `url` and reads the whole body, with hyper-util's client or a service around it.
    pub(crate) async fn by_hyper<S, B, B2>(service: S, url: &str) -> Self
    where
        S: Service<Request<B>, Response = Response<B2>, Error: Into<BoxError>>,
        B: Default,
        B2: Body<Error: Into<BoxError>>,
    {
        let request = Request::get(url).body(B::default()).expect("a URL");
        let response = match service.oneshot(request).await {
            Ok(response) => response,
            Err(error) => return Self::no_response().with_error(&*error.into()),
        };
        let head = Self::head(response.status(), response.headers());
        match response.into_body().collect().await {
            Ok(_) => head,
            Err(error) => head.with_body_error(&*error.into()),
        }
    }

    /// A complete response, with any status.
    pub(crate) fn response(status: u16) -> Self {
        Self::at(Progress::Complete, Some(status))
    }

    /// A response whose body fails.
    pub(crate) fn broken_response(status: u16) -> Self {
        Self::at(Progress::Body, Some(status))
    }

    /// A failure in place of a response.
    pub(crate) fn no_response() -> Self {
        Self::at(Progress::Send, None)
    }

    fn at(progress: Progress, status: Option<u16>) -> Self {
        Self {
            progress,
            status,
            retry_after: None,
            client: Vec::new(),
            io: Vec::new(),
            hyper: Vec::new(),
            h2: Vec::new(),
        }
    }

    fn head(status: http::StatusCode, headers: &http::HeaderMap) -> Self {
        Self {
            retry_after: headers
                .get(http::header::RETRY_AFTER)
                .map(|value| value.to_str().expect("a number or a date").to_owned()),
            ..Self::response(status.as_u16())
        }
    }

    fn with_body_error(self, error: &(dyn Error + 'static)) -> Self {
        Self {
            progress: Progress::Body,
            ..self.with_error(error)
        }
    }

    fn with_error(mut self, error: &(dyn Error + 'static)) -> Self {
        self.client = client_predicates(error);
        let mut next = Some(error);
        while let Some(error) = next {
            next = self.record(error);
        }
        self
    }

    /// Records one error of the chain, and returns the next one.
    fn record<'a>(
        &mut self,
        error: &'a (dyn Error + 'static),
    ) -> Option<&'a (dyn Error + 'static)> {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            self.io.push(io.kind());
            // Its `source()` skips the wrapped error, and returns the source of that.
            return io.get_ref().map(|inner| inner as &(dyn Error + 'static));
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            self.hyper.push(predicates!(
                error,
                is_body_write_aborted
                is_canceled
                is_closed
                is_incomplete_message
                is_parse
                is_parse_status
                is_parse_too_large
                is_parse_version_h2
                is_shutdown
                is_timeout
                is_user
            ));
        }
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            // An `io::Error` in an `h2::Error` is not one of its sources.
            self.io.extend(error.get_io().map(io::Error::kind));
            self.h2.push(Reset {
                by: if error.is_remote() { By::Peer } else { By::Us },
                reason: error.reason(),
            });
        }
        error.source()
    }
}

fn client_predicates(error: &(dyn Error + 'static)) -> Predicates {
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return predicates!(
            error,
            is_body
            is_builder
            is_connect
            is_decode
            is_dns
            is_redirect
            is_request
            is_status
            is_timeout
            is_upgrade
        );
    }
    match error.downcast_ref::<legacy::Error>() {
        Some(error) => predicates!(error, is_connect),
        None => Vec::new(),
    }
}
