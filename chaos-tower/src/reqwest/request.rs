//! What a layer reads of a request of reqwest's.

use std::time::Duration;

use chaos_core::Failure;
use http::{Extensions, HeaderMap, Method};
use reqwest::Request;

use super::response::of_url;
use crate::http_request::{HttpRequest, OutgoingRequest};

/// How long a call that is to time out waits for its dead end: it has been held as long as it should have been.
const AT_ONCE: Duration = Duration::from_millis(1);

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

    /// It has some, but shows them to nobody.
    fn extensions(&self) -> Option<&Extensions> {
        None
    }
}

impl OutgoingRequest for Request {
    fn bound_to_fail(authority: &str, failure: &Failure) -> Option<Self> {
        let url = format!("http://{authority}/").parse().ok()?;
        let mut request = Self::new(Method::GET, url);
        if *failure == Failure::TimedOut {
            *request.timeout_mut() = Some(AT_ONCE);
        }
        Some(request)
    }

    fn extensions_of_answers(&self) -> Extensions {
        of_url(self.url().clone())
    }
}
