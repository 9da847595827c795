//! What a layer reads of an HTTP request, whoever's type it is.

use chaos_core::adapter::Decision;
use chaos_core::{Failure, Operation, Scope, Site};
use chaos_net::ConnectionHandle;
use http::{Extensions, HeaderMap, Method, Request};

/// A request whose method, path and headers can be read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no request that a layer of chaos-tower can read",
    note = "those of the `http` crate are; reqwest's needs the feature `reqwest` of chaos-tower",
    note = "a service that speaks no HTTP goes into `ChaosLayer::service`"
)]
pub trait HttpRequest: Sized {
    /// Its method.
    fn method(&self) -> &Method;

    /// The path of its URL.
    fn path(&self) -> &str;

    /// Its headers.
    fn headers(&self) -> &HeaderMap;

    /// Its headers, to be changed.
    fn headers_mut(&mut self) -> &mut HeaderMap;

    /// What goes with it inside of the process, where its type has a place for that.
    fn extensions(&self) -> Option<&Extensions>;

    /// The pattern of paths that its route was found by.
    fn route(&self) -> Option<&str> {
        None
    }
}

/// A request that can be turned into one bound to fail.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no request that `ChaosLayer::client` can send",
    note = "those of the `http` crate are, with a body that has a default; reqwest's needs the feature `reqwest` of chaos-tower",
    note = "a service that speaks no HTTP goes into `ChaosLayer::service`"
)]
pub trait OutgoingRequest: HttpRequest {
    /// A request with nothing in it to an address where it fails; none if the client has no such failure.
    #[doc(hidden)]
    fn bound_to_fail(authority: &str, failure: &Failure) -> Option<Self>;

    /// What goes with an answer that is given in place of the response.
    #[doc(hidden)]
    fn extensions_of_answers(&self) -> Extensions {
        Extensions::new()
    }
}

impl<B> HttpRequest for Request<B> {
    fn method(&self) -> &Method {
        self.method()
    }

    fn path(&self) -> &str {
        self.uri().path()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }

    fn extensions(&self) -> Option<&Extensions> {
        Some(self.extensions())
    }

    #[cfg(feature = "axum")]
    fn route(&self) -> Option<&str> {
        self.extensions()
            .get::<axum::extract::MatchedPath>()
            .map(axum::extract::MatchedPath::as_str)
    }
}

impl<B: Default> OutgoingRequest for Request<B> {
    fn bound_to_fail(authority: &str, failure: &Failure) -> Option<Self> {
        // Such clients have no timeout of their own that could strike.
        if *failure == Failure::TimedOut {
            return None;
        }
        let mut request = Self::new(B::default());
        // Whatever should get it in place of the dead end does nothing for such a request.
        *request.method_mut() = Method::OPTIONS;
        *request.uri_mut() = format!("http://{authority}/chaos-dead-end").parse().ok()?;
        Some(request)
    }
}

/// The connection that a request came in on, where whoever accepted it says so.
pub(crate) fn connection<B>(request: &Request<B>) -> Option<ConnectionHandle> {
    #[cfg(feature = "axum")]
    if let Some(info) = request
        .extensions()
        .get::<axum::extract::ConnectInfo<crate::Connection>>()
    {
        return Some(info.0.handle().clone());
    }
    request.extensions().get::<ConnectionHandle>().cloned()
}

/// Decides about a request: its operation is `POST /orders/{id}`, its attributes are `method`, `path` and `route`.
pub(crate) fn decide(site: &Site, request: &impl HttpRequest, scope: Option<&Scope>) -> Decision {
    let method = request.method().as_str();
    let path = request.path();
    let route = request.route().unwrap_or(path);
    let attributes = [("method", method), ("path", path), ("route", route)];
    named(method, route, |name| {
        let operation = Operation::new(name).attributes(&attributes);
        site.decide(&match scope {
            Some(scope) => operation.within(scope),
            None => operation,
        })
    })
}

/// Puts method and path together, without allocating unless they are long.
fn named<R>(method: &str, path: &str, with: impl FnOnce(&str) -> R) -> R {
    let mut short = [0; 128];
    let len = method.len() + 1 + path.len();
    let Some(name) = short.get_mut(..len) else {
        return with(&format!("{method} {path}"));
    };
    name[..method.len()].copy_from_slice(method.as_bytes());
    name[method.len()] = b' ';
    name[method.len() + 1..].copy_from_slice(path.as_bytes());
    with(std::str::from_utf8(name).unwrap_or_default())
}
