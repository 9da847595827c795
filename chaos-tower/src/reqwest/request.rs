//! The parts of reqwest's request that a layer reads.

use std::any::Any;
use std::time::Duration;

use chaos_core::Failure;
use http::{Extensions, HeaderMap, Method};
use reqwest::{Client, Request};
use tower_service::Service;

use super::response::url_extensions;
use crate::http_request::{HttpRequest, OutgoingRequest};

/// The timeout of a redirected call that is meant to time out: the fault has held the call long enough already.
const IMMEDIATE: Duration = Duration::from_millis(1);

/// The URL of the original call.
#[derive(Debug, Clone)]
struct Url(reqwest::Url);

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
        let mut request = to_failing_address(authority)?;
        if *failure == Failure::TimedOut {
            *request.timeout_mut() = Some(IMMEDIATE);
        }
        Some(request)
    }

    fn with_same_limits(&self, authority: &str) -> Option<Self> {
        let mut request = to_failing_address(authority)?;
        *request.timeout_mut() = self.timeout().copied();
        Some(request)
    }

    fn starts_clocks_when_called<Call>() -> bool {
        typeid::of::<Call>() == typeid::of::<<Client as Service<Self>>::Future>()
    }

    fn is_limit<Error: 'static>(error: &Error) -> bool {
        let error = (error as &dyn Any).downcast_ref::<reqwest::Error>();
        error.is_some_and(|error| error.is_timeout() && !error.is_connect())
    }

    fn as_original<Error: 'static>(error: Error, original: &Extensions) -> Error {
        let mut error = Some(error);
        if let Some(Url(url)) = original.get()
            && let Some(error) =
                (&mut error as &mut dyn Any).downcast_mut::<Option<reqwest::Error>>()
        {
            *error = error.take().map(|error| error.with_url(url.clone()));
        }
        error.expect("put back")
    }

    fn response_extensions(&self) -> Extensions {
        let mut extensions = url_extensions(self.url().clone());
        extensions.insert(Url(self.url().clone()));
        extensions
    }
}

/// Returns a request for which a server that receives it by mistake does nothing.
fn to_failing_address(authority: &str) -> Option<Request> {
    let url = format!("http://{authority}/chaos-failing-address");
    Some(Request::new(Method::OPTIONS, url.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_timeout_is_redirected_with_a_limit() {
        for (failure, limit) in [
            (Failure::TimedOut, Some(&IMMEDIATE)),
            (Failure::Refused, None),
            (Failure::Reset, None),
            (Failure::Closed, None),
        ] {
            let request = Request::redirected("127.0.0.1:1", &failure).unwrap();
            assert_eq!(request.timeout(), limit, "{failure:?}");
        }
    }
}
