//! The parts of reqwest's request that a layer reads.

use std::time::Duration;

use chaos_core::Failure;
use http::{Extensions, HeaderMap, Method};
use reqwest::Request;

use super::response::url_extensions;
use crate::http_request::{HttpRequest, OutgoingRequest};

/// The timeout of a redirected call that is meant to time out: the fault has held the call long enough already.
const IMMEDIATE: Duration = Duration::from_millis(1);

impl HttpRequest for Request {
    fn method(&self) -> &Method {
        self.method()
    }

    fn path(&self) -> &str {
        self.url().path()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }

    /// Returns `None`: reqwest keeps the extensions of its requests private.
    fn extensions(&self) -> Option<&Extensions> {
        None
    }
}

impl OutgoingRequest for Request {
    fn redirected(authority: &str, failure: &Failure) -> Option<Self> {
        let url = format!("http://{authority}/").parse().ok()?;
        let mut request = Self::new(Method::GET, url);
        if *failure == Failure::TimedOut {
            *request.timeout_mut() = Some(IMMEDIATE);
        }
        Some(request)
    }

    fn response_extensions(&self) -> Extensions {
        url_extensions(self.url().clone())
    }
}
